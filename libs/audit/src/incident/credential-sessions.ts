import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import { InjectRepository, isId } from '#kernel';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { EntryChanges } from '../query/entry-changes.js';
import type { ResourceName } from '../query/resource-history.js';
import { ResourceTables } from '../query/resource-tables.js';
import { RowVersions } from '../query/row-versions.js';

const PER_PAGE = 100;

/**
 * Finds the sessions that were opened with a credential. The record says it by itself: whoever logs in changes the row of
 * the credential and inserts that of the session in one entry.
 */
@Injectable()
export class CredentialSessions {
  constructor(
    @InjectRepository(AuditEntry) private readonly entries: Repository<AuditEntry>,
    private readonly tables: ResourceTables,
    private readonly versions: RowVersions,
    private readonly changes: EntryChanges,
  ) {}

  /** The ids of the sessions, newest first. Throws `audit.history_not_kept`. */
  async *of({ type, id }: ResourceName): AsyncGenerator<string, void, undefined> {
    const name = { table: this.tables.tableOf(type), row: id };
    for (let before: number | undefined; ;) {
      const versions = await this.versions.page(name, before, PER_PAGE);
      const ids = new Set(versions.flatMap(({ entryId }) => (entryId === null ? [] : [entryId])));
      for (const entry of await this.entries.find({ where: { id: In([...ids]) } }))
        yield* this.begunIn(entry);
      if (versions.length < PER_PAGE) return;
      before = Number(versions.at(-1)?.id);
    }
  }

  private async *begunIn(entry: AuditEntry): AsyncGenerator<string, void, undefined> {
    const { changes } = await this.changes.page(entry, { limit: PER_PAGE });
    for (const { operation, rowId } of changes) if (operation === 'insert' && isId(rowId, 'ses')) yield rowId;
  }
}
