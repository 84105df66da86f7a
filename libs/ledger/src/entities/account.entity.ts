import { AppendOnly, CodeColumn, CurrencyColumn, IdColumn, InstantColumn } from '#kernel';
import { Entity } from 'typeorm';

/** A code such as `sales` or `gateway:sandbox`; with the currency it names one account. */
export type AccountRef = string;

const codePattern = /^[a-z][a-z0-9_:-]{0,35}$/;

/** An account in one currency. It has no balance column: the balance is the sum of its transfers. */
@AppendOnly()
@Entity('account')
export class Account {
  /** `code:CUR`, so that the same account made twice is the same row. */
  @IdColumn()
  id: string;

  @CodeColumn({ length: 36 })
  code: string;

  @CurrencyColumn()
  currency: string;

  @InstantColumn()
  createdAt: Date;

  /** Throws a RangeError for a code that is not lower-case ASCII of at most 36 characters. */
  static idOf(code: AccountRef, currency: string): string {
    if (!codePattern.test(code)) throw new RangeError(`malformed account code ${code}`);
    return `${code}:${currency}`;
  }

  static open(code: AccountRef, currency: string, now: Date): Account {
    return Object.assign(new Account(), { id: Account.idOf(code, currency), code, currency, createdAt: now });
  }
}
