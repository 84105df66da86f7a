import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columns, createTable } from './schema.js';

export class CreateOutbox1700000001000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'outbox_message',
      [
        columns.id(),
        columns.code('type', { length: 100 }),
        columns.text('payload'),
        columns.code('status', { length: 10 }),
        columns.integer('attempts', { default: 0 }),
        columns.instant('available_at'),
        columns.instant('created_at'),
        columns.ref('entry_id', { nullable: true }),
        columns.code('trace_id', { nullable: true }),
        columns.words('last_error', { nullable: true }),
      ],
      { indices: [['status', 'available_at']] },
    );
    await createTable(runner, 'outbox_delivery', [
      { ...columns.ref('message_id', { primary: true }) },
      { ...columns.code('handler', { length: 100, primary: true }) },
      columns.instant('delivered_at'),
    ]);
    if (runner.connection.options.type === 'better-sqlite3') {
      await runner.query('CREATE TABLE audit_context (id INTEGER PRIMARY KEY CHECK (id = 1), entry_id TEXT)');
      await runner.query('INSERT INTO audit_context (id, entry_id) VALUES (1, NULL)');
    }
  }

  async down(runner: QueryRunner): Promise<void> {
    if (runner.connection.options.type === 'better-sqlite3') await runner.query('DROP TABLE audit_context');
    await runner.dropTable('outbox_delivery');
    await runner.dropTable('outbox_message');
  }
}
