import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columns, createTable } from '#kernel';

export class CreateRoleLock1700000005002 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTable(queryRunner, 'role_lock', [columns.id(), columns.integer('turn')]);
    await queryRunner.query("INSERT INTO role_lock (id, turn) VALUES ('roles', 0)");
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.dropTable('role_lock');
  }
}
