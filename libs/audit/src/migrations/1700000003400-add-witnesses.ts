import type { MigrationInterface, QueryRunner } from 'typeorm';
import { columns, createTable } from '#kernel';

/** What is known of each witness, and which checkpoint is served with their cosignatures. */
export class AddWitnesses1700000003400 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'audit_witness', [
      columns.integer('log_number', { primary: true }),
      { ...columns.words('witness'), isPrimary: true },
      columns.integer('size', { default: 0 }),
      columns.instant('cosigned_at', { nullable: true }),
      columns.instant('next_at'),
      columns.integer('failures', { default: 0 }),
      columns.instant('failing_since', { nullable: true }),
      columns.integer('disputed_size', { nullable: true }),
    ]);
    await createTable(runner, 'audit_publication', [
      columns.integer('log_number', { primary: true }),
      columns.integer('size'),
      columns.text('checkpoint'),
    ]);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('audit_publication');
    await runner.dropTable('audit_witness');
  }
}
