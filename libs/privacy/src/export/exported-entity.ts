import type { Type } from '@nestjs/common';
import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { classificationOf, type ExportSource, subjectPropertyOf } from '#kernel';
import type { CatalogueEntry } from '#vault';

/** What of an entity belongs into an export. */
export interface ExportedEntity {
  readonly type: Type<ObjectLiteral>;
  readonly name: string;
  /** How the rows about a person are found: by the property that names the person, or by the room itself. */
  readonly rows: string | ExportSource;
  readonly primaryKey: readonly string[];
  readonly entries: readonly CatalogueEntry[];
  /** Plain facts beside the personal values, such as times, amounts and states. */
  readonly facts: readonly string[];
}

// Documents and bytes are technical records that may speak of other people as well.
const BULKY = /blob|text|binary|json/i;

/**
 * The exported parts of an entity: the rows that its room finds, where it has a source of its own; else one part for each
 * property that names a person, through its personal columns or through `@AboutSubject`. Secrets are never among them.
 */
export function exportedEntities(
  metadata: EntityMetadata,
  entries: readonly CatalogueEntry[],
  source?: ExportSource,
): readonly ExportedEntity[] {
  const plain = new Set(
    classificationOf(metadata.target as Type)
      .filter(({ mark }) => mark === 'not-personal')
      .map(({ property }) => property),
  );
  const whole = {
    type: metadata.target as Type<ObjectLiteral>,
    name: metadata.tableName,
    primaryKey: metadata.primaryColumns.map(({ propertyName }) => propertyName),
    facts: metadata.columns
      .filter(({ propertyName, type }) => plain.has(propertyName) && !BULKY.test(nameOfType(type)))
      .map(({ propertyName }) => propertyName),
  };
  if (source) return [{ ...whole, rows: source, entries }];
  const declared = subjectPropertyOf(metadata.target as Type);
  const subjects = new Set([...entries.map(({ subject }) => subject), ...(declared ? [declared] : [])]);
  return [...subjects].map((subject) => ({
    ...whole,
    rows: subject,
    entries: entries.filter((entry) => entry.subject === subject),
  }));
}

/** The properties that have to be read of a row. */
export function propertiesOf({ primaryKey, entries, facts, rows }: ExportedEntity): readonly string[] {
  const subjects = typeof rows === 'string' ? [rows] : entries.map(({ subject }) => subject);
  return [...new Set([...primaryKey, ...entries.map(({ property }) => property), ...facts, ...subjects])];
}

function nameOfType(type: unknown): string {
  return typeof type === 'function' ? type.name : String(type);
}
