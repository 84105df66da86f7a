import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columns, createTable } from '#kernel';

export class CreateUsers1700000005000 implements MigrationInterface {
  async up(queryRunner: QueryRunner): Promise<void> {
    await createTable(queryRunner, 'user', [
      columns.id(),
      columns.sealed('email'),
      columns.sealed('name'),
      columns.flag('is_active'),
      columns.instant('erased_at', { nullable: true }),
      columns.integer('version'),
      columns.instant('created_at'),
      columns.instant('updated_at'),
    ]);
    await createTable(queryRunner, 'role', [
      columns.id(),
      columns.words('name', { length: 100 }),
      columns.words('description', { length: 500 }),
      columns.text('permissions'),
      columns.flag('is_built_in'),
      columns.integer('version'),
      columns.instant('created_at'),
      columns.instant('updated_at'),
    ]);
    await createTable(
      queryRunner,
      'user_role',
      [columns.id(), columns.ref('user_id'), columns.ref('role_id'), columns.instant('created_at')],
      {
        uniques: [['user_id', 'role_id']],
        indices: [['role_id']],
        foreignKeys: [
          { column: 'user_id', table: 'user' },
          { column: 'role_id', table: 'role' },
        ],
      },
    );
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    for (const table of ['user_role', 'role', 'user']) await queryRunner.dropTable(table);
  }
}
