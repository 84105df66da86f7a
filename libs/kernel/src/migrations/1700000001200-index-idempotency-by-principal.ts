import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex, dropIndex } from './schema.js';

/** A person's export looks for their rows here. */
export class IndexIdempotencyByPrincipal1700000001200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createIndex(runner, 'idempotency_record', ['principal_id', 'id']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndex(runner, 'idempotency_record', ['principal_id', 'id']);
  }
}
