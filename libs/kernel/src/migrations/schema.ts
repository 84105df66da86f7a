import { Table, TableCheck, TableForeignKey, TableIndex, TableUnique, type QueryRunner } from 'typeorm';
import type { TableColumnOptions } from 'typeorm/schema-builder/options/TableColumnOptions.js';

interface Shape {
  readonly nullable?: boolean;
  readonly primary?: boolean;
  readonly default?: string | number;
}

const ASCII = { charset: 'ascii', collation: 'ascii_bin' };
// Named, for a database may have been made with a character set that does not know every character.
const UNICODE = { charset: 'utf8mb4', collation: 'utf8mb4_bin' };

const isSqlite = (runner: QueryRunner) => runner.connection.options.type === 'better-sqlite3';
const shape = ({ nullable = false, primary = false, default: value }: Shape) => ({
  isNullable: nullable,
  isPrimary: primary,
  ...(value === undefined ? {} : { default: typeof value === 'number' ? String(value) : `'${value}'` }),
});

/** Column builders for portable migrations: the same words give the right type on SQLite and on MySQL/MariaDB. */
export const columns = {
  id: (name = 'id'): TableColumnOptions => ({
    name,
    type: 'varchar',
    length: '40',
    isPrimary: true,
    ...ASCII,
  }),
  ref: (name: string, options: Shape = {}): TableColumnOptions => ({
    name,
    type: 'varchar',
    length: '40',
    ...ASCII,
    ...shape(options),
  }),
  instant: (name: string, options: Shape = {}): TableColumnOptions => ({
    name,
    type: 'datetime',
    precision: 6,
    ...shape(options),
  }),
  amount: (name: string, options: Shape = {}): TableColumnOptions => ({
    name,
    type: 'bigint',
    ...shape(options),
  }),
  currency: (name = 'currency', options: Shape = {}): TableColumnOptions => ({
    name,
    type: 'varchar',
    length: '3',
    ...ASCII,
    ...shape(options),
  }),
  code: (name: string, options: Shape & { length?: number } = {}): TableColumnOptions => ({
    name,
    type: 'varchar',
    length: String(options.length ?? 40),
    ...ASCII,
    ...shape(options),
  }),
  /** Text in any script, at most `length` characters; for words that are not personal. */
  words: (name: string, options: Shape & { length?: number } = {}): TableColumnOptions => ({
    name,
    type: 'varchar',
    length: String(options.length ?? 255),
    ...UNICODE,
    ...shape(options),
  }),
  sealed: (name: string, options: Shape = {}): TableColumnOptions => ({
    name,
    type: 'blob',
    ...shape(options),
  }),
  secret: (name: string, options: Shape & { length?: number } = {}): TableColumnOptions => ({
    name,
    type: 'varchar',
    length: String(options.length ?? 255),
    ...ASCII,
    ...shape(options),
  }),
  text: (name: string, options: Shape = {}): TableColumnOptions => ({
    name,
    type: 'longtext',
    ...UNICODE,
    ...shape(options),
  }),
  integer: (name: string, options: Shape = {}): TableColumnOptions => ({
    name,
    type: 'bigint',
    ...shape(options),
  }),
  flag: (name: string, options: Shape = {}): TableColumnOptions => ({
    name,
    type: 'tinyint',
    ...shape(options),
  }),
  bigSerial: (name = 'id'): TableColumnOptions => ({
    name,
    type: 'bigint',
    isPrimary: true,
    isGenerated: true,
    generationStrategy: 'increment',
  }),
};

export interface TableParts {
  /** Index names are `ix_<table>_<columns>`. */
  readonly indices?: readonly (readonly string[])[];
  /** Unique constraint names are `uq_<table>_<columns>`. */
  readonly uniques?: readonly (readonly string[])[];
  readonly foreignKeys?: readonly { readonly column: string; readonly table: string }[];
  readonly checks?: Readonly<Record<string, string>>;
  /** Rows lie in the order of the primary key, as they always do on MySQL; worth it where the key is most of the row. */
  readonly clustered?: boolean;
}

/** Creates a table with its keys. Foreign keys are RESTRICT: cascades would change rows without firing triggers. */
export async function createTable(
  runner: QueryRunner,
  name: string,
  tableColumns: readonly TableColumnOptions[],
  parts: TableParts = {},
): Promise<void> {
  await runner.createTable(
    new Table({
      name,
      columns: tableColumns.map((column) => forDialect(column, runner)),
      indices: (parts.indices ?? []).map(
        (names) => new TableIndex({ name: keyName('ix', name, names), columnNames: [...names] }),
      ),
      uniques: (parts.uniques ?? []).map(
        (names) => new TableUnique({ name: keyName('uq', name, names), columnNames: [...names] }),
      ),
      foreignKeys: (parts.foreignKeys ?? []).map(
        ({ column, table }) =>
          new TableForeignKey({
            name: keyName('fk', name, [column]),
            columnNames: [column],
            referencedTableName: table,
            referencedColumnNames: ['id'],
            onDelete: 'RESTRICT',
            onUpdate: 'RESTRICT',
          }),
      ),
      checks: Object.entries(parts.checks ?? {}).map(
        ([suffix, expression]) => new TableCheck({ name: `ck_${name}_${suffix}`, expression }),
      ),
      ...(isSqlite(runner) ? { withoutRowid: parts.clustered ?? false } : { engine: 'InnoDB' }),
    }),
  );
  if (!isSqlite(runner)) await addChecks(runner, name, parts.checks ?? {});
}

/** Adds an index to a table, named as {@link createTable} names them. */
export const createIndex = (runner: QueryRunner, table: string, names: readonly string[]): Promise<void> =>
  runner.createIndex(table, new TableIndex({ name: keyName('ix', table, names), columnNames: [...names] }));

/** Takes back {@link createIndex}. */
export const dropIndex = (runner: QueryRunner, table: string, names: readonly string[]): Promise<void> =>
  runner.dropIndex(table, keyName('ix', table, names));

/** TypeORM leaves checks out on MySQL without a word. */
async function addChecks(
  runner: QueryRunner,
  table: string,
  checks: Readonly<Record<string, string>>,
): Promise<void> {
  for (const [suffix, expression] of Object.entries(checks)) {
    await runner.query(`ALTER TABLE ${table} ADD CONSTRAINT ck_${table}_${suffix} CHECK (${expression})`);
  }
}

function forDialect(column: TableColumnOptions, runner: QueryRunner): TableColumnOptions {
  if (!isSqlite(runner)) return column;
  const { charset: _charset, collation: _collation, ...rest } = column;
  if (column.type === 'longtext') return { ...rest, type: 'text' };
  // Only INTEGER PRIMARY KEY counts up by itself in SQLite.
  if (column.isGenerated) return { ...rest, type: 'integer' };
  return rest;
}

const keyName = (kind: string, table: string, names: readonly string[]) =>
  `${kind}_${table}_${names.join('_')}`.slice(0, 60);
