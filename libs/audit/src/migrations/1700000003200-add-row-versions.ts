import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columns, createTable } from '#kernel';

/**
 * The changes of a row are found by a table of their own, which is filled when their entry is sequenced: an index on
 * `row_change` would cost the unit of work that made them, and a term that names the entry would not give their order.
 */
export class AddRowVersions1700000003200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'audit_row_version',
      [
        columns.code('table_name', { length: 64, primary: true }),
        { ...columns.words('row_id'), isPrimary: true },
        columns.integer('change_id', { primary: true }),
      ],
      { clustered: true },
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('audit_row_version');
  }
}
