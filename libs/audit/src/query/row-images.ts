import { Injectable, type Type } from '@nestjs/common';
import type { EntityMetadata } from 'typeorm';
import { classificationOf, Database, Sealed, subjectPropertyOf } from '#kernel';
import type { SealedValue } from '#vault';

/** A captured image: column to value as text, bytes in hexadecimal. */
export type Image = Readonly<Record<string, string | null>>;

export interface ImageField {
  /** The application's name for the column. */
  readonly name: string;
  readonly isSealed: boolean;
}

/** What the entity of a table says about its columns. */
export interface ImageTable {
  readonly type: Type<object> | undefined;
  readonly fields: ReadonlyMap<string, ImageField>;
  /** The columns that hold the ids of people whom a row is about. */
  readonly subjectColumns: readonly string[];
}

/** Knows what the columns in captured images are. */
@Injectable()
export class RowImages {
  private known: ReadonlyMap<string, ImageTable> | undefined;

  constructor(private readonly database: Database) {}

  /** The tables whose rows are about people. */
  tablesWithSubjects(): string[] {
    return [...this.tables].flatMap(([name, { subjectColumns }]) =>
      subjectColumns.length > 0 ? [name] : [],
    );
  }

  /** The people whom a row is about, as this image of it says. */
  subjectsIn(table: string, image: Image): string[] {
    return (this.tables.get(table)?.subjectColumns ?? []).flatMap((column) => image[column] ?? []);
  }

  /** What a column is. One that no entity declares any more keeps its own name. */
  field(table: string, column: string): ImageField {
    return this.tables.get(table)?.fields.get(column) ?? { name: column, isSealed: false };
  }

  /** The sealed value in a column of an image, as the vault opens it: at the place that the image itself names. */
  sealedValue(table: string, image: Image, column: string): SealedValue {
    const { type, fields } = this.tables.get(table) ?? {};
    if (!type || !fields) throw new Error(`No entity declares the table ${table}`);
    const row = Object.create(type.prototype as object) as object;
    for (const [name, value] of Object.entries(image)) {
      const field = fields.get(name);
      if (!field) continue;
      const isSealed = field.isSealed && value !== null;
      Reflect.set(row, field.name, isSealed ? new Sealed(Buffer.from(value, 'hex')) : value);
    }
    return { row, field: this.field(table, column).name };
  }

  private get tables(): ReadonlyMap<string, ImageTable> {
    this.known ??= new Map(this.database.entities.map((entity) => [entity.tableName, tableOf(entity)]));
    return this.known;
  }
}

function tableOf({ target, columns }: EntityMetadata): ImageTable {
  const type = typeof target === 'function' ? (target as Type<object>) : undefined;
  const personal = (type ? classificationOf(type) : []).filter(({ mark }) => mark === 'personal');
  const sealed = new Set(personal.map(({ property }) => property));
  const subjects = new Set(personal.map((mark) => mark.personal?.subject));
  if (type) subjects.add(subjectPropertyOf(type));
  const fields = columns.map(({ databaseName, propertyName }): [string, ImageField] => [
    databaseName,
    { name: propertyName, isSealed: sealed.has(propertyName) },
  ]);
  const naming = columns.filter(({ propertyName }) => subjects.has(propertyName));
  return { type, fields: new Map(fields), subjectColumns: naming.map(({ databaseName }) => databaseName) };
}

/** The image in its stored text; no columns for none. */
export const imageOf = (text: string | null): Image => (text === null ? {} : (JSON.parse(text) as Image));
