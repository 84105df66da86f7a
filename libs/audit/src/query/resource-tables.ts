import { Injectable } from '@nestjs/common';
import { captureOf, Database } from '#kernel';
import { auditErrors } from '../audit.errors.js';

/** Knows which table holds the resources of a type: the one of an entity that is called like the type. */
@Injectable()
export class ResourceTables {
  constructor(private readonly database: Database) {}

  /** The captured table of a type. Throws `audit.history_not_kept` for a type without one, and says why. */
  tableOf(type: string): string {
    const entity = this.database.entities.find(({ tableName }) => tableName === type);
    if (!entity) {
      const detail = `No table is called ${type}. What was done to such resources is found with resource=${type}:<id> among the entries.`;
      throw auditErrors.problem('audit.history_not_kept', { detail });
    }
    const reason =
      typeof entity.target === 'function' ? captureOf(entity.target).notCapturedBecause : undefined;
    if (reason === undefined) return entity.tableName;
    throw auditErrors.problem('audit.history_not_kept', {
      detail: `Changes of the table ${type} are not captured: ${reason}`,
    });
  }
}
