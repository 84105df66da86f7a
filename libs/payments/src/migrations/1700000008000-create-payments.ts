import { columns, createTable } from '#kernel';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreatePayments1700000008000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'payment',
      [
        columns.id(),
        columns.ref('customer_id'),
        columns.amount('amount_minor'),
        columns.currency(),
        columns.code('status', { length: 20 }),
        columns.code('capture_mode', { length: 10 }),
        columns.code('gateway', { length: 20 }),
        columns.code('gateway_reference', { length: 100, nullable: true }),
        columns.code('payment_method', { length: 64 }),
        columns.amount('amount_captured_minor'),
        columns.amount('amount_refunded_minor'),
        columns.amount('amount_refund_reserved_minor'),
        columns.sealed('metadata', { nullable: true }),
        columns.code('operation', { length: 10 }),
        columns.code('operation_reference', { length: 64 }),
        columns.amount('operation_amount_minor'),
        columns.code('resume_status', { length: 20, nullable: true }),
        columns.code('failure_code', { length: 64, nullable: true }),
        columns.text('next_action', { nullable: true }),
        columns.ref('idempotency_id', { nullable: true }),
        columns.integer('check_count'),
        columns.instant('next_check_at', { nullable: true }),
        columns.integer('version'),
        columns.instant('created_at'),
        columns.instant('updated_at'),
        columns.instant('captured_at', { nullable: true }),
      ],
      {
        indices: [
          ['customer_id', 'id'],
          ['status', 'next_check_at'],
        ],
        checks: {
          amount: 'amount_minor > 0',
          captured: 'amount_captured_minor >= 0 AND amount_captured_minor <= amount_minor',
          refunded:
            'amount_refunded_minor >= 0 AND amount_refund_reserved_minor >= 0 AND ' +
            'amount_refunded_minor + amount_refund_reserved_minor <= amount_captured_minor',
        },
      },
    );
    await createTable(
      runner,
      'refund',
      [
        columns.id(),
        columns.ref('payment_id'),
        columns.ref('customer_id'),
        columns.amount('amount_minor'),
        columns.currency(),
        columns.code('status', { length: 20 }),
        columns.code('gateway_reference', { length: 100, nullable: true }),
        columns.code('failure_code', { length: 64, nullable: true }),
        columns.sealed('reason', { nullable: true }),
        columns.ref('requested_by'),
        columns.ref('idempotency_id', { nullable: true }),
        columns.integer('check_count'),
        columns.instant('next_check_at', { nullable: true }),
        columns.instant('created_at'),
        columns.instant('updated_at'),
      ],
      {
        indices: [
          ['payment_id', 'id'],
          ['status', 'next_check_at'],
        ],
        foreignKeys: [{ column: 'payment_id', table: 'payment' }],
        checks: { amount: 'amount_minor > 0' },
      },
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('refund');
    await runner.dropTable('payment');
  }
}
