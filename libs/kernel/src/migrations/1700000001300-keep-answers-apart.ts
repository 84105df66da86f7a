import { type MigrationInterface, type QueryRunner, TableColumn } from 'typeorm';
import { columns, createIndex, createTable, dropIndex } from './schema.js';

/** Nothing is changed any more when a request is answered: the answer is a row of its own. */
export class KeepAnswersApart1700000001300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'idempotency_answer',
      [
        columns.id(),
        columns.ref('principal_id'),
        columns.integer('status'),
        columns.sealed('body', { nullable: true }),
      ],
      { indices: [['principal_id', 'id']] },
    );
    await runner.query(
      `INSERT INTO idempotency_answer (id, principal_id, status, body)
       SELECT id, principal_id, answer_status, answer_body FROM idempotency_record WHERE status = 'completed'`,
    );
    await dropIndex(runner, 'idempotency_record', ['principal_id', 'id']);
    await runner.dropColumns('idempotency_record', ['status', 'answer_status', 'answer_body']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.addColumns('idempotency_record', [
      new TableColumn({ name: 'status', type: 'varchar', length: '10', default: `'running'` }),
      new TableColumn(columns.integer('answer_status', { nullable: true })),
      new TableColumn(columns.sealed('answer_body', { nullable: true })),
    ]);
    await runner.query(
      `UPDATE idempotency_record SET status = 'completed',
         answer_status = (SELECT a.status FROM idempotency_answer a WHERE a.id = idempotency_record.id),
         answer_body = (SELECT a.body FROM idempotency_answer a WHERE a.id = idempotency_record.id)
       WHERE id IN (SELECT id FROM idempotency_answer)`,
    );
    await createIndex(runner, 'idempotency_record', ['principal_id', 'id']);
    await runner.dropTable('idempotency_answer');
  }
}
