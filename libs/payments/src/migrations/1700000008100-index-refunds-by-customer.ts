import type { MigrationInterface, QueryRunner } from 'typeorm';
import { createIndex, dropIndex } from '#kernel';

/** A person's export looks for their rows here. */
export class IndexRefundsByCustomer1700000008100 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createIndex(runner, 'refund', ['customer_id', 'id']);
  }

  async down(runner: QueryRunner): Promise<void> {
    await dropIndex(runner, 'refund', ['customer_id', 'id']);
  }
}
