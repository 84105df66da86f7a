import { Injectable, type Type } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { Clock, Database, ExportSource, isId, UnitOfWork } from '#kernel';
import { PersonalDataCatalogue, Vault } from '#vault';
import { EXPORT_PURPOSE } from '../privacy.purposes.js';
import { retentionText } from '../retention-classes.js';
import { exportedEntities, type ExportedEntity } from './exported-entity.js';
import { pagesOf, type Row } from './subject-rows.js';

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
    private readonly discovery: DiscoveryService,
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
    for await (const rows of pagesOf(this.database, entity, subject)) {
      const revealed = await this.reveal(entity, subject, rows);
      const records = rows.map((row, index) =>
        JSON.stringify(recordOf(entity, subject, row, revealed[index] ?? {})),
      );
      yield (isFirst ? `${headOf(entity)}\n` : ',\n') + records.join(',\n');
      isFirst = false;
    }
    if (!isFirst) yield ']}';
  }

  /** The personal values of each row, as far as they are the person's own. */
  private async reveal(entity: ExportedEntity, subject: string, rows: readonly Row[]): Promise<Row[]> {
    const revealed: Row[] = rows.map(() => ({}));
    for (const owner of new Set(entity.entries.map((entry) => entry.subject))) {
      const own = rows.flatMap((row, index) => (row[owner] === subject ? [index] : []));
      const fields = entity.entries
        .filter((entry) => entry.subject === owner)
        .map(({ property }) => property);
      const ownRows = own.flatMap((index) => rows[index] ?? []);
      if (ownRows.length === 0) continue;
      const values: Row[] = await this.vault.reveal(ownRows, fields as never[], EXPORT_PURPOSE);
      for (const [place, index] of own.entries()) Object.assign(revealed[index] ?? {}, values[place]);
    }
    return revealed;
  }

  private get exported(): readonly ExportedEntity[] {
    if (this.entities) return this.entities;
    const personal = this.catalogue.entriesByEntity();
    const sources = new Map<unknown, ExportSource>(this.sources().map((source) => [source.entity, source]));
    this.entities = this.database.entities
      .flatMap((metadata) => {
        const entries = personal.get(metadata.target as Type<object>) ?? [];
        return exportedEntities(metadata, entries, sources.get(metadata.target));
      })
      .sort((left, right) => left.name.localeCompare(right.name));
    return this.entities;
  }

  private sources(): ExportSource[] {
    return this.discovery
      .getProviders()
      .map(({ instance }): unknown => instance)
      .filter((instance) => instance instanceof ExportSource);
  }
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
    if (value === undefined) continue;
    if (isId(value, 'usr') && value !== subject) continue;
    record[property] = typeof value === 'bigint' ? value.toString() : value;
  }
  return { ...record, ...revealed };
}
