import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columns, createTable } from '#kernel';

export class CreateVault1700000002000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'subject_key', [
      columns.ref('subject_id', { primary: true }),
      columns.code('retention', { length: 20, primary: true }),
      columns.integer('epoch'),
      columns.secret('wrapped_key', { length: 120, nullable: true }),
      columns.instant('created_at'),
      columns.instant('destroyed_at', { nullable: true }),
    ]);
    await createTable(
      runner,
      'blind_index',
      [
        columns.code('column_id', { length: 80, primary: true }),
        { ...columns.integer('key_version'), isPrimary: true },
        { ...columns.secret('digest', { length: 64 }), isPrimary: true },
        columns.ref('row_id'),
        columns.ref('subject_id'),
        columns.code('retention', { length: 20 }),
      ],
      {
        indices: [
          ['column_id', 'row_id'],
          ['subject_id', 'retention'],
        ],
      },
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('blind_index');
    await runner.dropTable('subject_key');
  }
}
