import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columns, createTable } from './schema.js';

export class CreateIdempotencyAndRateLimit1700000001100 implements MigrationInterface {
  readonly name = 'CreateIdempotencyAndRateLimit1700000001100';

  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'idempotency_record',
      [
        columns.id(),
        columns.ref('principal_id'),
        columns.code('scope', { length: 64 }),
        columns.code('fingerprint', { length: 64 }),
        columns.code('status', { length: 10 }),
        columns.integer('answer_status', { nullable: true }),
        columns.sealed('answer_body', { nullable: true }),
        columns.instant('created_at'),
        columns.instant('expires_at'),
      ],
      { uniques: [['scope']], indices: [['expires_at']] },
    );
    await createTable(
      runner,
      'rate_limit',
      [
        columns.code('bucket', { length: 64, primary: true }),
        columns.integer('hits'),
        columns.instant('expires_at'),
      ],
      { indices: [['expires_at']] },
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('rate_limit');
    await runner.dropTable('idempotency_record');
  }
}
