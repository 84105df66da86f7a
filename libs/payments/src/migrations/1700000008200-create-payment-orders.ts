import { columns, createTable } from '#kernel';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePaymentOrders1700000008200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'payment_order',
      [
        columns.id(),
        columns.ref('customer_id'),
        columns.amount('amount_minor'),
        columns.currency(),
        columns.code('capture_mode', { length: 10 }),
        columns.code('gateway', { length: 20 }),
        columns.code('gateway_reference', { length: 100, nullable: true }),
        columns.code('payment_method', { length: 64 }),
        columns.sealed('metadata', { nullable: true }),
        columns.code('failure_code', { length: 64, nullable: true }),
        columns.ref('ordered_by'),
        columns.ref('session_id', { nullable: true }),
        columns.code('trace_id', { length: 64, nullable: true }),
        columns.ref('idempotency_id', { nullable: true }),
        columns.integer('check_count'),
        columns.instant('next_check_at', { nullable: true }),
        columns.instant('created_at'),
        columns.instant('updated_at'),
      ],
      { indices: [['customer_id', 'id']], checks: { amount: 'amount_minor > 0' } },
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('payment_order');
  }
}
