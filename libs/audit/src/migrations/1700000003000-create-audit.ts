import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columns, createTable } from '#kernel';

/** Images and row ids hold any script, and are told apart byte by byte. */
const BYTES = { charset: 'utf8mb4', collation: 'utf8mb4_bin' };

const isSqlite = (runner: QueryRunner) => runner.connection.options.type === 'better-sqlite3';

/** The record. Each index serves one filter and ends in the id, so that a page of any filter is one short index range. */
export class CreateAudit1700000003000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'audit_entry',
      [
        columns.id(),
        columns.instant('occurred_at'),
        columns.code('action', { length: 100 }),
        columns.code('outcome', { length: 10 }),
        columns.code('error_code', { length: 100, nullable: true }),
        columns.code('actor_kind', { length: 10 }),
        columns.code('actor_id', { length: 100, nullable: true }),
        columns.ref('session_id', { nullable: true }),
        columns.ref('request_id', { nullable: true }),
        columns.ref('trace_id', { nullable: true }),
        columns.code('resource_type', { length: 60, nullable: true }),
        columns.code('resource_id', { length: 100, nullable: true }),
        columns.ref('subject_id', { nullable: true }),
        columns.code('purpose', { length: 100, nullable: true }),
        { ...columns.text('details', { nullable: true }), ...BYTES },
        columns.ref('address_subject_id', { nullable: true }),
        columns.sealed('client_address', { nullable: true }),
        columns.integer('leaf_index', { nullable: true }),
      ],
      {
        uniques: [['leaf_index']],
        indices: [
          ['resource_id', 'resource_type', 'id'],
          ['subject_id', 'id'],
          ['actor_id', 'id'],
          ['action', 'id'],
          ['outcome', 'id'],
        ],
      },
    );
    await createTable(
      runner,
      'audit_entry_subject',
      [columns.ref('entry_id', { primary: true }), columns.ref('subject_id', { primary: true })],
      { indices: [['subject_id', 'entry_id']] },
    );
    await createTable(
      runner,
      'row_change',
      [
        columns.bigSerial('id'),
        columns.code('table_name', { length: 64 }),
        { ...columns.words('row_id'), ...BYTES },
        columns.code('operation', { length: 10 }),
        { ...columns.text('before_image', { nullable: true }), ...BYTES },
        { ...columns.text('after_image', { nullable: true }), ...BYTES },
        columns.ref('entry_id', { nullable: true }),
        { ...columns.words('database_user'), ...BYTES },
        columns.instant('changed_at'),
      ],
      {
        indices: [
          ['entry_id', 'id'],
          ['table_name', 'row_id', 'id'],
        ],
      },
    );
    await createTable(runner, 'captured_table', [
      columns.code('table_name', { length: 64, primary: true }),
      columns.code('fingerprint', { length: 64 }),
      columns.instant('reconciled_at'),
    ]);
    if (isSqlite(runner)) {
      await runner.query(
        'CREATE TABLE audit_replaced (id INTEGER PRIMARY KEY CHECK (id = 1), table_name TEXT, row_number INTEGER, new_key TEXT)',
      );
      await runner.query('INSERT INTO audit_replaced (id) VALUES (1)');
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    if (isSqlite(runner)) await runner.query('DROP TABLE audit_replaced');
    for (const table of ['captured_table', 'row_change', 'audit_entry_subject', 'audit_entry']) {
      await runner.dropTable(table);
    }
  }
}
