import type { Type } from '@nestjs/common';
import type { EntityMetadata } from 'typeorm';
import {
  classificationOf,
  type ColumnClassification,
  type PersonalDataOptions,
  subjectPropertyOf,
} from '#kernel';
import { normaliserNamed } from '../blind-indexes/normalisers.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/** One column that holds personal data: the root of encryption, export, erasure and the register. */
export interface CatalogueEntry extends PersonalDataOptions {
  readonly entity: Type<object>;
  readonly entityName: string;
  readonly table: string;
  readonly property: string;
  readonly column: string;
  readonly nullable: boolean;
}

/** What the annotations on one entity say. */
export interface ReadEntity {
  readonly type: unknown;
  /** Properties of the primary key. */
  readonly primaryKey: readonly string[];
  /** By property. */
  readonly entries: ReadonlyMap<string, CatalogueEntry>;
  /** Why it cannot work, one sentence each. */
  readonly faults: readonly string[];
}

/** Reads the marks of an entity's columns, and finds what is wrong with them. */
export function readEntity(metadata: EntityMetadata): ReadEntity {
  const entries = new Map<string, CatalogueEntry>();
  const faults = faultsOfAboutSubject(metadata);
  for (const column of metadata.columns) {
    const where = `${metadata.name}.${column.propertyPath}`;
    const mark = markOf(column);
    if (!mark) {
      faults.push(`${where} carries none of the marks @PersonalData, @Secret and @NotPersonal`);
    } else if (mark.personal && typeof metadata.target === 'function') {
      const entry: CatalogueEntry = {
        ...mark.personal,
        entity: metadata.target as Type<object>,
        entityName: metadata.name,
        table: metadata.tableName,
        property: column.propertyName,
        column: column.databaseName,
        nullable: column.isNullable,
      };
      entries.set(column.propertyName, entry);
      faults.push(...faultsOf(entry, column, metadata).map((fault) => `${where} ${fault}`));
    }
  }
  const primaryKey = metadata.primaryColumns.map((column) => column.propertyName);
  return { type: metadata.target, primaryKey, entries, faults };
}

function markOf(column: ColumnMetadata): ColumnClassification | undefined {
  const owner = column.embeddedMetadata?.type ?? column.entityMetadata.target;
  if (typeof owner !== 'function') return undefined;
  return classificationOf(owner).find(({ property }) => property === column.propertyName);
}

function faultsOf(entry: CatalogueEntry, column: ColumnMetadata, metadata: EntityMetadata): string[] {
  const faults: string[] = [];
  if (column.embeddedMetadata) faults.push('lies in an embedded object, which cannot be sealed');
  const wrong = whyNoSubject(metadata, entry.subject);
  if (wrong !== undefined) faults.push(`names the subject "${entry.subject}", ${wrong}`);
  if (entry.blindIndex !== undefined && !normaliserNamed(entry.blindIndex)) {
    faults.push(`names the unknown normaliser "${entry.blindIndex}" for its blind index`);
  }
  return faults;
}

function faultsOfAboutSubject(metadata: EntityMetadata): string[] {
  const property = typeof metadata.target === 'function' ? subjectPropertyOf(metadata.target) : undefined;
  const wrong = property === undefined ? undefined : whyNoSubject(metadata, property);
  return wrong === undefined ? [] : [`${metadata.name} is @AboutSubject("${property}"), ${wrong}`];
}

/** Why the property cannot hold the id of a person; undefined when it can. */
function whyNoSubject(metadata: EntityMetadata, property: string): string | undefined {
  const column = metadata.findColumnWithPropertyName(property);
  if (!column) return 'which is no column of the entity';
  // What is sealed or secret cannot be searched by, and no id is a number, an instant or a document.
  const isText = column.type === String || column.type === 'varchar' || column.type === 'char';
  const isPlain = markOf(column)?.mark === 'not-personal';
  return isText && isPlain ? undefined : 'which cannot hold the id of a person';
}
