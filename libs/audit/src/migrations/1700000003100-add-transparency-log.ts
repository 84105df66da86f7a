import { type MigrationInterface, type QueryRunner, Table, TableColumn, TableIndex } from 'typeorm';
import type { TableColumnOptions } from 'typeorm/schema-builder/options/TableColumnOptions.js';
import { columns, createTable } from '#kernel';

/** Every secondary index of the record so far; terms and the place in the log take their place. */
const REPLACED = {
  audit_entry: [
    ['resource_id', 'resource_type', 'id'],
    ['subject_id', 'id'],
    ['actor_id', 'id'],
    ['action', 'id'],
    ['outcome', 'id'],
  ],
  audit_entry_subject: [['subject_id', 'entry_id']],
  row_change: [
    ['entry_id', 'id'],
    ['table_name', 'row_id', 'id'],
  ],
} as const;

const PLACE_OF_ENTRY = 'uq_audit_entry_leaf';
const PLACE_OF_CHANGE = 'ix_row_change_leaf';

const isSqlite = (runner: QueryRunner) => runner.connection.options.type === 'better-sqlite3';
const nameOf = (table: string, names: readonly string[]) => `ix_${table}_${names.join('_')}`.slice(0, 60);
const column = (options: TableColumnOptions) => new TableColumn(options);

/**
 * Entries and changes get a place in a log, and the log its tables. An insert into the record now feeds one index, that
 * of what waits for its place; everything else that is looked for becomes a term when the place is given.
 */
export class AddTransparencyLog1700000003100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    for (const [table, indices] of Object.entries(REPLACED)) {
      for (const names of indices) await runner.dropIndex(table, nameOf(table, names));
    }
    await dropUnique(runner, 'audit_entry', 'uq_audit_entry_leaf_index');
    await runner.addColumns('audit_entry', [
      column(columns.integer('log_number', { nullable: true })),
      column(columns.sealed('salt', { nullable: true })),
      column(ascii(runner, columns.code('payload_hash', { length: 44, nullable: true }))),
    ]);
    await runner.addColumns('row_change', [
      column(columns.integer('leaf_index', { nullable: true })),
      column(columns.integer('log_number', { nullable: true })),
    ]);
    await runner.createIndex(
      'audit_entry',
      new TableIndex({ name: PLACE_OF_ENTRY, columnNames: ['leaf_index', 'log_number'], isUnique: true }),
    );
    // The entry's id comes last so that the changes that still wait are found by their entry as well.
    await runner.createIndex(
      'row_change',
      new TableIndex({ name: PLACE_OF_CHANGE, columnNames: ['leaf_index', 'log_number', 'entry_id'] }),
    );
    await createLogTables(runner);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of ['audit_cosignature', 'audit_log_lease', 'audit_log_tile', 'audit_log', 'audit_term'])
      await runner.dropTable(table);
    await runner.dropIndex('row_change', PLACE_OF_CHANGE);
    await runner.dropIndex('audit_entry', PLACE_OF_ENTRY);
    await runner.dropColumns('row_change', ['leaf_index', 'log_number']);
    await runner.dropColumns('audit_entry', ['log_number', 'salt', 'payload_hash']);
    await runner.createIndex(
      'audit_entry',
      new TableIndex({ name: 'uq_audit_entry_leaf_index', columnNames: ['leaf_index'], isUnique: true }),
    );
    for (const [table, indices] of Object.entries(REPLACED)) {
      for (const names of indices) {
        await runner.createIndex(
          table,
          new TableIndex({ name: nameOf(table, names), columnNames: [...names] }),
        );
      }
    }
  }
}

async function createLogTables(runner: QueryRunner): Promise<void> {
  await createTable(
    runner,
    'audit_term',
    [
      { ...columns.words('term', { length: 330 }), isPrimary: true },
      columns.ref('entry_id', { primary: true }),
    ],
    { clustered: true },
  );
  await createTable(runner, 'audit_log', [
    columns.integer('number', { primary: true }),
    columns.words('origin'),
    columns.integer('size'),
    columns.text('checkpoint', { nullable: true }),
    columns.text('previous', { nullable: true }),
    columns.instant('started_at'),
  ]);
  await createTable(
    runner,
    'audit_log_tile',
    [
      columns.integer('log_number', { primary: true }),
      columns.integer('level', { primary: true }),
      columns.integer('tile_index', { primary: true }),
      columns.sealed('hashes'),
    ],
    { clustered: true },
  );
  await createTable(runner, 'audit_log_lease', [
    columns.integer('id', { primary: true }),
    columns.code('holder', { length: 100, nullable: true }),
    columns.integer('token'),
    columns.instant('leased_until'),
  ]);
  await runner.query(
    `INSERT INTO audit_log_lease (id, token, leased_until) VALUES (1, 0, '1970-01-01 00:00:00')`,
  );
  await createTable(
    runner,
    'audit_cosignature',
    [
      columns.integer('log_number', { primary: true }),
      columns.integer('size', { primary: true }),
      { ...columns.words('witness'), isPrimary: true },
      columns.text('note_line'),
      columns.instant('cosigned_at'),
    ],
    { clustered: true },
  );
}

/** MySQL knows a unique constraint as an index only. */
async function dropUnique(runner: QueryRunner, table: string, name: string): Promise<void> {
  if (!isSqlite(runner)) return runner.dropIndex(table, name);
  const { uniques } = (await runner.getTable(table)) ?? new Table();
  // A database that was taken back a version has it as an index there as well.
  return uniques.some((unique) => unique.name === name)
    ? runner.dropUniqueConstraint(table, name)
    : runner.dropIndex(table, name);
}

/** SQLite knows no character sets. */
function ascii(runner: QueryRunner, options: TableColumnOptions): TableColumnOptions {
  if (!isSqlite(runner)) return options;
  const { charset: _charset, collation: _collation, ...rest } = options;
  return rest;
}
