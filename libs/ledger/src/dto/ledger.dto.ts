import { PageOf, PageQuery, PatternField } from '#kernel';
import { ApiProperty } from '@nestjs/swagger';
import type { Balance } from '../balances.js';
import { currencyCodes } from '../currencies.js';
import type { Transfer } from '../entities/transfer.entity.js';

const currency = {
  enum: currencyCodes,
  enumName: 'Currency',
  example: 'EUR',
  description: 'ISO 4217 code.',
} as const;

/** Sums can be larger than a JSON number carries exactly. */
const sum = { type: 'string', pattern: '^-?[0-9]+$' } as const;

export class BalancesQuery {
  @PatternField({
    pattern: /^[a-z][a-z0-9_:-]{0,35}$/,
    rule: 'must be the code of an account',
    optional: true,
    description: 'Only accounts with this code.',
    example: 'sales',
  })
  readonly account?: string;
}

export class BalanceResponse {
  @ApiProperty({ example: 'gateway:sandbox', description: 'The code of the account.' })
  readonly account: string;

  @ApiProperty(currency)
  readonly currency: string;

  @ApiProperty({ ...sum, example: '1999', description: 'Sum of all debits in minor units, as text.' })
  readonly debits: string;

  @ApiProperty({ ...sum, example: '500', description: 'Sum of all credits in minor units, as text.' })
  readonly credits: string;

  @ApiProperty({ ...sum, example: '1499', description: 'Debits less credits in minor units, as text.' })
  readonly balance: string;

  static of(balance: Balance): BalanceResponse {
    return {
      account: balance.code,
      currency: balance.currency,
      debits: balance.debitsMinor.toString(),
      credits: balance.creditsMinor.toString(),
      balance: balance.balanceMinor.toString(),
    };
  }
}

export class BalancesResponse {
  @ApiProperty({
    type: [BalanceResponse],
    description: 'One for each account and currency; they add up to zero.',
  })
  readonly items: BalanceResponse[];
}

export class TransfersQuery extends PageQuery {
  @PatternField({
    pattern: /^[a-z]{2,8}_[0-9a-z]{1,26}$/,
    rule: 'must be an id',
    optional: true,
    description: 'Only transfers that book this payment, refund or other object.',
    example: 'pay_01jgjzq8x5e7ft3qkt9h2c0w4a',
  })
  readonly referenceId?: string;
}

export class TransferResponse {
  @ApiProperty({ example: 'trf_01jgjzq8x5e7ft3qkt9h2c0w4a', description: 'The id.' })
  readonly id: string;

  @ApiProperty({ example: 'gateway:sandbox', description: 'The account that is debited.' })
  readonly debit: string;

  @ApiProperty({ example: 'sales', description: 'The account that is credited.' })
  readonly credit: string;

  @ApiProperty({
    type: 'integer',
    format: 'int64',
    example: 1999,
    description: 'In minor units of the currency.',
  })
  readonly amount: number;

  @ApiProperty(currency)
  readonly currency: string;

  @ApiProperty({ example: 'payment.capture', description: 'What happened.' })
  readonly reason: string;

  @ApiProperty({ example: 'payment', description: 'What kind of object the transfer books.' })
  readonly referenceType: string;

  @ApiProperty({ example: 'pay_01jgjzq8x5e7ft3qkt9h2c0w4a', description: 'The object that it books.' })
  readonly referenceId: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    example: '2026-01-02T03:04:05.678Z',
    description: 'When it was booked.',
  })
  readonly occurredAt: string;

  static of(transfer: Transfer): TransferResponse {
    return {
      id: transfer.id,
      debit: transfer.debitAccountId.slice(0, -4),
      credit: transfer.creditAccountId.slice(0, -4),
      amount: Number(transfer.amountMinor),
      currency: transfer.currency,
      reason: transfer.kind,
      referenceType: transfer.referenceType,
      referenceId: transfer.referenceId,
      occurredAt: transfer.occurredAt.toISOString(),
    };
  }
}

export class TransferPage extends PageOf(TransferResponse) {}
