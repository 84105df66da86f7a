import { Injectable } from '@nestjs/common';
import { classificationOf, Database } from '#kernel';
import type { FieldChangeResponse, RowChangeResponse } from '../dto/row-change.response.js';
import type { RowChange } from '../entities/row-change.entity.js';

const SEALED = '[sealed]';

interface Field {
  readonly name: string;
  readonly isSealed: boolean;
}

type Image = Readonly<Record<string, string | null>>;

/** Turns captured images into what an auditor reads: the application's field names, and nothing sealed. */
@Injectable()
export class ReadableChanges {
  private tables: ReadonlyMap<string, ReadonlyMap<string, Field>> | undefined;

  constructor(private readonly database: Database) {}

  read(change: RowChange): RowChangeResponse {
    return {
      table: change.tableName,
      rowId: change.rowId,
      operation: change.operation,
      changedAt: change.changedAt.toISOString(),
      databaseUser: change.databaseUser,
      fields: this.fieldsOf(change),
    };
  }

  private fieldsOf(change: RowChange): FieldChangeResponse[] {
    const before = imageOf(change.beforeImage);
    const after = imageOf(change.afterImage);
    const fields = this.fieldsOfTable(change.tableName);
    return [...new Set([...Object.keys(before), ...Object.keys(after)])]
      .filter((column) => (before[column] ?? null) !== (after[column] ?? null))
      .map((column) => {
        const field = fields?.get(column) ?? { name: column, isSealed: false };
        const show = (value: string | null | undefined) =>
          field.isSealed && value ? SEALED : (value ?? null);
        return { field: field.name, before: show(before[column]), after: show(after[column]) };
      });
  }

  private fieldsOfTable(table: string): ReadonlyMap<string, Field> | undefined {
    this.tables ??= new Map(
      this.database.entities.map((entity) => {
        const marks = typeof entity.target === 'function' ? classificationOf(entity.target) : [];
        const personal = new Set(
          marks.filter(({ mark }) => mark === 'personal').map(({ property }) => property),
        );
        const fields = entity.columns.map(({ databaseName, propertyName }): [string, Field] => [
          databaseName,
          { name: propertyName, isSealed: personal.has(propertyName) },
        ]);
        return [entity.tableName, new Map(fields)];
      }),
    );
    return this.tables.get(table);
  }
}

const imageOf = (text: string | null): Image => (text === null ? {} : (JSON.parse(text) as Image));
