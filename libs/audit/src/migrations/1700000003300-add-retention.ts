import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columns, createTable } from '#kernel';

/** Where the dropping of expired payloads stands, action by action. */
export class AddRetention1700000003300 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'audit_retention', [
      columns.code('action', { length: 100, primary: true }),
      columns.ref('reached_id', { nullable: true }),
      columns.ref('rechecked_id', { nullable: true }),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('audit_retention');
  }
}
