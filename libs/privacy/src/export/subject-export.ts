import { Injectable, type Type } from '@nestjs/common';
import { MoreThan, type ObjectLiteral } from 'typeorm';
import { Clock, Database, isId, UnitOfWork } from '#kernel';
import { PersonalDataCatalogue, Vault } from '#vault';
import { EXPORT_PURPOSE } from '../privacy.purposes.js';
import { retentionText } from '../retention-classes.js';
import { exportedEntities, type ExportedEntity } from './exported-entity.js';

const PAGE = 200;

type Row = ObjectLiteral & Record<string, unknown>;

/** Copies everything that is held on a person, generated from the annotations on the entities. */
@Injectable()
export class SubjectExport {
  private entities: readonly ExportedEntity[] | undefined;

  constructor(
    private readonly catalogue: PersonalDataCatalogue,
    private readonly vault: Vault,
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Puts the export on the record and gives it as pieces of one JSON document. It is read and revealed
   * page by page while the pieces are taken, so memory stays bounded however much there is; rows that
   * change meanwhile may appear in either state.
   */
  async begin(subject: string): Promise<AsyncGenerator<string, void, undefined>> {
    const intent = { action: 'privacy.export', subject, resource: { type: 'user', id: subject } };
    await this.units.run(intent, async () => {});
    return this.document(subject, this.clock.now());
  }

  private async *document(subject: string, exportedAt: Date): AsyncGenerator<string, void, undefined> {
    yield `{"subject":${JSON.stringify(subject)},"exportedAt":"${exportedAt.toISOString()}","categories":[`;
    let separator = '\n';
    for (const entity of this.exported) {
      let isEmpty = true;
      for await (const piece of this.category(entity, subject)) {
        yield isEmpty ? separator + piece : piece;
        isEmpty = false;
      }
      if (!isEmpty) separator = ',\n';
    }
    yield '\n]}\n';
  }

  /** One entity's records; nothing at all when there are none. */
  private async *category(entity: ExportedEntity, subject: string): AsyncGenerator<string, void, undefined> {
    let isFirst = true;
    for await (const rows of this.pages(entity, subject)) {
      const fields = fieldsOf(entity);
      const revealed: Row[] =
        fields.length > 0 ? await this.vault.reveal(rows, fields as never[], EXPORT_PURPOSE) : [];
      const records = rows.map((row, index) =>
        JSON.stringify(recordOf(entity, subject, row, revealed[index] ?? {})),
      );
      yield (isFirst ? `${headOf(entity)}\n` : ',\n') + records.join(',\n');
      isFirst = false;
    }
    if (!isFirst) yield ']}';
  }

  private async *pages(entity: ExportedEntity, subject: string): AsyncGenerator<Row[], void, undefined> {
    const properties = [...entity.primaryKey, ...fieldsOf(entity), ...entity.facts, entity.subject];
    const select = Object.fromEntries(properties.map((property) => [property, true]));
    const order = Object.fromEntries(entity.primaryKey.map((property) => [property, 'ASC']));
    const [key] = entity.primaryKey;
    const isKeyset = key !== undefined && entity.primaryKey.length === 1 && key !== entity.subject;
    let last: unknown;
    for (let skip = 0; ; skip += PAGE) {
      const after = isKeyset && last !== undefined ? { [key]: MoreThan(last) } : {};
      const rows: Row[] = await this.database.manager.find(entity.type, {
        select,
        where: { [entity.subject]: subject, ...after },
        order,
        take: PAGE,
        ...(isKeyset ? {} : { skip }),
      });
      if (rows.length > 0) yield rows;
      if (rows.length < PAGE) return;
      last = isKeyset ? rows.at(-1)?.[key] : undefined;
    }
  }

  private get exported(): readonly ExportedEntity[] {
    if (this.entities) return this.entities;
    const personal = this.catalogue.entriesByEntity();
    this.entities = this.database.entities
      .flatMap((metadata) => exportedEntities(metadata, personal.get(metadata.target as Type<object>) ?? []))
      .sort((left, right) => left.name.localeCompare(right.name));
    return this.entities;
  }
}

function fieldsOf({ entries }: ExportedEntity): string[] {
  return entries.map(({ property }) => property);
}

function headOf({ name, entries }: ExportedEntity): string {
  const fields = entries.map(({ property, id, label, retention }) => ({
    field: property,
    id,
    label,
    retention,
    kept: retentionText(retention),
  }));
  return `{"category":${JSON.stringify(name)},"fields":${JSON.stringify(fields)},"records":[`;
}

/** Leaves out who else a row is about: an id tells one person from another, and so is theirs (GDPR Article 15(4)). */
function recordOf(entity: ExportedEntity, subject: string, row: Row, revealed: Row): Record<string, unknown> {
  const record: Record<string, unknown> = {};
  for (const property of new Set([...entity.primaryKey, ...entity.facts])) {
    const value = row[property];
    if (isId(value, 'usr') && value !== subject) continue;
    record[property] = typeof value === 'bigint' ? value.toString() : value;
  }
  return { ...record, ...revealed };
}
