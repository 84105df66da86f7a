import {
  Clock,
  Database,
  InjectRepository,
  newId,
  paginate,
  UnitOfWork,
  type Page,
  type PageQuery,
  type Unit,
} from '#kernel';
import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { isCurrency } from './currencies.js';
import { Account, type AccountRef } from './entities/account.entity.js';
import { Transfer } from './entities/transfer.entity.js';
import { postedBalances, type Balance } from './balances.js';

export interface TransferOrder {
  readonly debit: AccountRef;
  readonly credit: AccountRef;
  /** Above zero. */
  readonly amountMinor: bigint;
  /** ISO 4217. */
  readonly currency: string;
  /** What happened, such as `payment.capture`; one reference is posted once for each reason. */
  readonly reason: string;
  readonly reference: { readonly type: string; readonly id: string };
}

/** The books: double entry in which each transfer is one row, and balances are sums of transfers. */
@Injectable()
export class LedgerService {
  /** Accounts that are committed. Filled after commit only: an account of a unit that rolled back does not exist. */
  private readonly known = new Set<string>();

  constructor(
    @InjectRepository(Account) private readonly accounts: Repository<Account>,
    @InjectRepository(Transfer) private readonly transfers: Repository<Transfer>,
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Books one transfer at the end of the open unit and returns its id; balances read in this unit do not hold it yet. Accounts are opened on first use. Throws a RangeError for
   * an order that no business case can mean, an Error outside a unit, and the database refuses a second posting of
   * the same reference and reason.
   */
  async transfer(order: TransferOrder): Promise<string> {
    const unit = this.units.current;
    if (!unit) throw new Error('a transfer is booked inside a unit of work');
    assertBookable(order);
    const debitAccountId = Account.idOf(order.debit, order.currency);
    const creditAccountId = Account.idOf(order.credit, order.currency);
    if (!this.known.has(debitAccountId) || !this.known.has(creditAccountId)) await this.open(order, unit);
    const id = newId('trf');
    this.database.insertLater(Transfer, {
      id,
      debitAccountId,
      creditAccountId,
      amountMinor: order.amountMinor,
      currency: order.currency,
      kind: order.reason,
      referenceType: order.reference.type,
      referenceId: order.reference.id,
      occurredAt: this.clock.now(),
    });
    return id;
  }

  /** Balances of all accounts with at least one transfer, or of the accounts with this code; one per currency. */
  balances(code?: AccountRef): Promise<Balance[]> {
    return postedBalances(this.database, code === undefined ? {} : { code });
  }

  /** Debits less credits of one account in minor units; zero for one that was never used. */
  async balance(code: AccountRef, currency: string): Promise<bigint> {
    const [balance] = await postedBalances(this.database, { code, currency });
    return balance?.balanceMinor ?? 0n;
  }

  /** Transfers that book one object, or all; newest first. */
  transfersOf(referenceId: string | undefined, query: PageQuery): Promise<Page<Transfer>> {
    const found = this.transfers.createQueryBuilder('transfer');
    if (referenceId !== undefined) found.where({ referenceId });
    return paginate(found, { alias: 'transfer', query });
  }

  /** In a fixed order and without failing when another process opens the same account at this moment. */
  private async open(order: TransferOrder, unit: Unit): Promise<void> {
    const now = this.clock.now();
    const wanted = [order.debit, order.credit].map((code) => Account.open(code, order.currency, now));
    for (const account of wanted.sort((a, b) => (a.id < b.id ? -1 : 1))) {
      if (this.known.has(account.id)) continue;
      if (!(await this.accounts.existsBy({ id: account.id }))) {
        await this.accounts
          .createQueryBuilder()
          .insert()
          .values(account)
          .orIgnore()
          .updateEntity(false)
          .execute();
      }
      unit.onCommitted(() => this.known.add(account.id));
    }
  }
}

function assertBookable({ amountMinor, currency, debit, credit }: TransferOrder): void {
  if (amountMinor <= 0n) throw new RangeError(`a transfer moves more than zero, not ${amountMinor}`);
  if (amountMinor > BigInt(Number.MAX_SAFE_INTEGER)) throw new RangeError(`${amountMinor} exceeds 2^53 - 1`);
  if (!isCurrency(currency)) throw new RangeError(`unknown currency ${currency}`);
  if (debit === credit) throw new RangeError(`a transfer needs two accounts, not ${debit} twice`);
}
