import {
  AmountColumn,
  AppendOnly,
  CodeColumn,
  CurrencyColumn,
  IdColumn,
  InstantColumn,
  RefColumn,
} from '#kernel';
import { Entity } from 'typeorm';

/**
 * Money that moved, as one immutable row: debit account, credit account, amount. Since both sides are the same row,
 * an imbalance cannot be written down; checks in the table keep the amount positive and both accounts in its currency.
 */
@AppendOnly()
@Entity('transfer')
export class Transfer {
  @IdColumn()
  id: string;

  @RefColumn()
  debitAccountId: string;

  @RefColumn()
  creditAccountId: string;

  /** Above zero, in minor units. */
  @AmountColumn()
  amountMinor: bigint;

  @CurrencyColumn()
  currency: string;

  /** What happened, such as `payment.capture`. */
  @CodeColumn()
  kind: string;

  @CodeColumn({ length: 20 })
  referenceType: string;

  /** Of the business object that this transfer books; posted once for each kind. */
  @RefColumn()
  referenceId: string;

  @InstantColumn()
  occurredAt: Date;
}
