import type { DataSource, EntityMetadata } from 'typeorm';
import { captureOf } from '../classification/capture.js';
import type { Dialect, Frame, Statement } from './dialects/dialect.js';

type ColumnMetadata = EntityMetadata['columns'][number];

/** New values by property; a function gives an expression in SQL instead, such as `version + 1`. */
export type Changes<Row> = { readonly [Property in keyof Row]?: Row[Property] | (() => string) };

/**
 * Hand-made statements for one entity's table, for hot paths: they use TypeORM's metadata and value conversion, and
 * leave out its query builder, which costs more than the database does.
 */
export class TableSql<Row extends object> {
  private readonly columns: readonly ColumnMetadata[];
  /** What {@link hydrate} looks at for every value, read once. */
  private readonly fields: readonly { column: ColumnMetadata; name: string; property: string }[];
  private readonly table: string;
  /** Around the values of one row, in the order of {@link valuesOf}. */
  readonly insert: Frame;
  /** Around the id of one row. */
  readonly deleteById: Frame;
  readonly isCaptured: boolean;
  private readonly selectSql: string;

  constructor(
    private readonly entity: new () => Row,
    private readonly source: DataSource,
    dialect: Dialect,
  ) {
    const { columns, tablePath } = source.getMetadata(entity);
    const embedded = columns.find(({ embeddedMetadata }) => embeddedMetadata);
    if (embedded) throw new Error(`${entity.name}.${embedded.propertyPath} lies in an embedded object`);
    this.columns = columns;
    this.fields = columns.map((column) => ({
      column,
      name: column.databaseName,
      property: column.propertyName,
    }));
    this.table = source.driver.escape(tablePath);
    const names = columns.map((column) => this.nameOf(column)).join(', ');
    this.isCaptured = captureOf(entity).notCapturedBecause === undefined;
    this.insert = { before: `INSERT INTO ${this.table} (${names}) VALUES`, isCaptured: this.isCaptured };
    this.deleteById = dialect.deleteById(this.table);
    this.selectSql = `SELECT ${names} FROM ${this.table}`;
  }

  /** What {@link insert} writes of a row. */
  valuesOf(row: Row): readonly unknown[] {
    return this.columns.map((column) => this.toDatabase(column, column.getEntityValue(row)));
  }

  /** `rest` continues the WHERE clause: it begins with AND or ORDER BY. */
  select(where: Partial<Row>, rest: string, parameters: readonly unknown[]): Statement {
    const condition = this.condition(where);
    return {
      sql: `${this.selectSql} WHERE ${condition.sql} ${rest}`,
      parameters: [...condition.parameters, ...parameters],
    };
  }

  update(where: Partial<Row>, changes: Changes<Row>): Statement {
    const parameters: unknown[] = [];
    const assignments = Object.entries(changes).map(([property, value]) => {
      const column = this.columnOf(property);
      if (typeof value === 'function') return `${this.nameOf(column)} = ${(value as () => string)()}`;
      parameters.push(this.toDatabase(column, value));
      return `${this.nameOf(column)} = ?`;
    });
    const condition = this.condition(where);
    return {
      sql: `UPDATE ${this.table} SET ${assignments.join(', ')} WHERE ${condition.sql}`,
      parameters: [...parameters, ...condition.parameters],
    };
  }

  /** The entity in a row as the database gave it. */
  hydrate(values: Readonly<Record<string, unknown>>): Row {
    const row = new this.entity();
    for (const { column, name, property } of this.fields) {
      Reflect.set(row, property, this.source.driver.prepareHydratedValue(values[name], column));
    }
    return row;
  }

  private condition(where: Partial<Row>): Statement {
    const parts = Object.entries(where).map(([property, value]) => {
      // What was forgotten must not choose every row.
      if (value === undefined || value === null)
        throw new Error(`${this.entity.name}.${property} is missing`);
      const column = this.columnOf(property);
      return { sql: `${this.nameOf(column)} = ?`, value: this.toDatabase(column, value) };
    });
    if (parts.length === 0) return { sql: '1 = 1', parameters: [] };
    return { sql: parts.map(({ sql }) => sql).join(' AND '), parameters: parts.map(({ value }) => value) };
  }

  private columnOf(property: string): ColumnMetadata {
    const column = this.columns.find(({ propertyName }) => propertyName === property);
    if (!column) throw new Error(`${this.entity.name} has no column "${property}"`);
    return column;
  }

  private nameOf({ databaseName }: ColumnMetadata): string {
    return this.source.driver.escape(databaseName);
  }

  private toDatabase(column: ColumnMetadata, value: unknown): unknown {
    return (this.source.driver.preparePersistentValue(value, column) as unknown) ?? null;
  }
}
