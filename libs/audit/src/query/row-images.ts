import { Injectable, type Type } from '@nestjs/common';
import { classificationOf, Database, Sealed } from '#kernel';
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
}

/** Knows what the columns in captured images are. */
@Injectable()
export class RowImages {
  private known: ReadonlyMap<string, ImageTable> | undefined;

  constructor(private readonly database: Database) {}

  /** Undefined when no entity declares the table any more. */
  table(name: string): ImageTable | undefined {
    this.known ??= new Map(
      this.database.entities.map(({ tableName, target, columns }) => {
        const type = typeof target === 'function' ? (target as Type<object>) : undefined;
        const marks = type ? classificationOf(type) : [];
        const personal = new Set(
          marks.filter(({ mark }) => mark === 'personal').map(({ property }) => property),
        );
        const fields = columns.map(({ databaseName, propertyName }): [string, ImageField] => [
          databaseName,
          { name: propertyName, isSealed: personal.has(propertyName) },
        ]);
        return [tableName, { type, fields: new Map(fields) }];
      }),
    );
    return this.known.get(name);
  }

  /** The application's name for the column. A column that no entity declares any more keeps its own. */
  field(table: string, column: string): ImageField {
    return this.table(table)?.fields.get(column) ?? { name: column, isSealed: false };
  }

  /** The sealed value in a column of an image, as the vault opens it: at the place that the image itself names. */
  sealedValue(table: string, image: Image, column: string): SealedValue {
    const { type, fields } = this.table(table) ?? { type: undefined, fields: new Map<string, ImageField>() };
    if (!type) throw new Error(`No entity declares the table ${table}`);
    const row = Object.create(type.prototype as object) as object;
    for (const [name, value] of Object.entries(image)) {
      const field = fields.get(name);
      if (!field) continue;
      const isSealed = field.isSealed && value !== null;
      Reflect.set(row, field.name, isSealed ? new Sealed(Buffer.from(value, 'hex')) : value);
    }
    return { row, field: this.field(table, column).name };
  }
}

/** The image in its stored text; no columns for none. */
export const imageOf = (text: string | null): Image => (text === null ? {} : (JSON.parse(text) as Image));
