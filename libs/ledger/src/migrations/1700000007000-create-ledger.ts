import { columns, createTable } from '#kernel';
import type { MigrationInterface, QueryRunner } from 'typeorm';

export class CreateLedger1700000007000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'account',
      [columns.id(), columns.code('code', { length: 36 }), columns.currency(), columns.instant('created_at')],
      { checks: { id: `id = CONCAT(code, ':', currency)` } },
    );
    await createTable(
      runner,
      'transfer',
      [
        columns.id(),
        columns.ref('debit_account_id'),
        columns.ref('credit_account_id'),
        columns.amount('amount_minor'),
        columns.currency(),
        columns.code('kind'),
        columns.code('reference_type', { length: 20 }),
        columns.ref('reference_id'),
        columns.instant('occurred_at'),
      ],
      {
        indices: [['debit_account_id'], ['credit_account_id']],
        uniques: [['reference_id', 'reference_type', 'kind']],
        foreignKeys: [
          { column: 'debit_account_id', table: 'account' },
          { column: 'credit_account_id', table: 'account' },
        ],
        checks: {
          amount: 'amount_minor > 0',
          accounts: 'debit_account_id <> credit_account_id',
          debit_currency: 'SUBSTR(debit_account_id, -3) = currency',
          credit_currency: 'SUBSTR(credit_account_id, -3) = currency',
        },
      },
    );
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('transfer');
    await runner.dropTable('account');
  }
}
