import type { Type } from '@nestjs/common';
import type { EntityMetadata, ObjectLiteral } from 'typeorm';
import { classificationOf, subjectPropertyOf } from '#kernel';
import type { CatalogueEntry } from '#vault';

/** What of an entity belongs into an export, for the people whom one of its properties names. */
export interface ExportedEntity {
  readonly type: Type<ObjectLiteral>;
  readonly name: string;
  /** The property that names the person. */
  readonly subject: string;
  readonly primaryKey: readonly string[];
  readonly entries: readonly CatalogueEntry[];
  /** Plain facts beside the personal values, such as times, amounts and states. */
  readonly facts: readonly string[];
}

// Documents and bytes are technical records that may speak of other people as well.
const BULKY = /blob|text|binary|json/i;

/**
 * The exported parts of an entity: one for each property that names a person, through its personal columns or through
 * `@AboutSubject`. Secrets are never among them.
 */
export function exportedEntities(
  metadata: EntityMetadata,
  entries: readonly CatalogueEntry[],
): readonly ExportedEntity[] {
  const plain = new Set(
    classificationOf(metadata.target as Type)
      .filter(({ mark }) => mark === 'not-personal')
      .map(({ property }) => property),
  );
  const facts = metadata.columns
    .filter(({ propertyName, type }) => plain.has(propertyName) && !BULKY.test(nameOfType(type)))
    .map(({ propertyName }) => propertyName);
  const declared = subjectPropertyOf(metadata.target as Type);
  const subjects = new Set([...entries.map(({ subject }) => subject), ...(declared ? [declared] : [])]);
  return [...subjects].map((subject) => ({
    type: metadata.target as Type<ObjectLiteral>,
    name: metadata.tableName,
    subject,
    primaryKey: metadata.primaryColumns.map(({ propertyName }) => propertyName),
    entries: entries.filter((entry) => entry.subject === subject),
    facts,
  }));
}

function nameOfType(type: unknown): string {
  return typeof type === 'function' ? type.name : String(type);
}
