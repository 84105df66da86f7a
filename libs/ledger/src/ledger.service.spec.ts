import { Database, newId, UnitOfWork } from '#kernel';
import { type BootedModule, bootTestModule, describeOnEveryDialect } from '#kernel/testing';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { LedgerModule } from './ledger.module.js';
import { LedgerService, type TransferOrder } from './ledger.service.js';

const codes = ['sales', 'fees', 'gateway:sandbox', 'gateway'] as const;
const currencies = ['EUR', 'JPY', 'BHD'] as const;
const largest = BigInt(Number.MAX_SAFE_INTEGER);

const order = (change: Partial<TransferOrder> = {}): TransferOrder => ({
  debit: 'gateway:sandbox',
  credit: 'sales',
  amountMinor: 100n,
  currency: 'EUR',
  reason: 'test.move',
  reference: { type: 'test', id: newId('tst') },
  ...change,
});

describeOnEveryDialect('ledger', (dialect) => {
  let app: BootedModule;
  let ledger: LedgerService;
  let units: UnitOfWork;
  let database: Database;
  const book = (...orders: TransferOrder[]) =>
    units.run({ action: 'test.book' }, async () => {
      for (const each of orders) await ledger.transfer(each);
    });

  beforeAll(async () => {
    app = await bootTestModule({ dialect, imports: [LedgerModule], nullPorts: true });
    ledger = app.get(LedgerService);
    units = app.get(UnitOfWork);
    database = app.get(Database);
  });
  afterAll(() => app?.close());

  it('keeps a total of zero in each currency, and each balance what a hand count says, whatever is booked', async () => {
    const expected = new Map<string, bigint>();
    const add = (key: string, amount: bigint) => expected.set(key, (expected.get(key) ?? 0n) + amount);
    const orders = fc
      .record({
        debit: fc.constantFrom(...codes),
        credit: fc.constantFrom(...codes),
        currency: fc.constantFrom(...currencies),
        amountMinor: fc.oneof(fc.bigInt({ min: 1n, max: largest }), fc.constant(largest)),
      })
      .filter(({ debit, credit }) => debit !== credit);
    await fc.assert(
      fc.asyncProperty(
        fc.array(orders, { minLength: 1, maxLength: 5 }),
        fc.boolean(),
        async (moves, fails) => {
          const booked = units.run({ action: 'test.book' }, async () => {
            for (const move of moves) await ledger.transfer(order(move));
            if (fails) throw new Error('rolled back');
          });
          if (fails) await expect(booked).rejects.toThrow('rolled back');
          else {
            await booked;
            for (const { debit, credit, currency, amountMinor } of moves) {
              add(`${debit}:${currency}`, amountMinor);
              add(`${credit}:${currency}`, -amountMinor);
            }
          }
          const balances = await ledger.balances();
          expect(
            new Map(balances.map((each) => [`${each.code}:${each.currency}`, each.balanceMinor])),
          ).toEqual(expected);
          for (const currency of currencies) {
            const own = balances.filter((each) => each.currency === currency);
            expect(own.reduce((sum, each) => sum + each.balanceMinor, 0n)).toBe(0n);
          }
        },
      ),
      { numRuns: 40 },
    );
  });

  it('sums beyond 2^63', async () => {
    const before = await ledger.balance('huge', 'USD');
    await units.run({ action: 'test.book' }, async () => {
      const insert = (id: string) =>
        database.query(
          `INSERT INTO transfer (id, debit_account_id, credit_account_id, amount_minor, currency, kind, reference_type, reference_id, occurred_at)
           VALUES (?, 'huge:USD', 'sales:USD', ?, 'USD', 'test.huge', 'test', ?, '2026-01-01 00:00:00')`,
          [id, '9223372036854775807', id],
        );
      await ledger.transfer(order({ debit: 'huge', currency: 'USD', amountMinor: 1n }));
      await insert(newId('trf'));
      await insert(newId('trf'));
    });
    expect((await ledger.balance('huge', 'USD')) - before).toBe(2n * 9223372036854775807n + 1n);
  });

  it('tells the balance of one code apart from longer codes', async () => {
    await book(order({ debit: 'stock', currency: 'CHF' }), order({ debit: 'stock:blue', currency: 'CHF' }));
    expect((await ledger.balances('stock')).map(({ code, balanceMinor }) => [code, balanceMinor])).toEqual([
      ['stock', 100n],
    ]);
    expect(await ledger.balance('stock', 'NOK')).toBe(0n);
  });

  it('opens an account once when many units use it first', async () => {
    await Promise.all(
      Array.from({ length: 8 }, () => book(order({ debit: 'race', credit: 'race:other', currency: 'SEK' }))),
    );
    expect(await ledger.balance('race', 'SEK')).toBe(800n);
    const rows = await database.query(`SELECT id FROM account WHERE code = 'race'`);
    expect(rows).toEqual([{ id: 'race:SEK' }]);
  });

  it('does not take an account for open when the unit that opened it rolled back', async () => {
    const move = order({ debit: 'ghost', currency: 'DKK' });
    await expect(
      units.run({ action: 'test.book' }, async () => {
        await ledger.transfer(move);
        throw new Error('rolled back');
      }),
    ).rejects.toThrow('rolled back');
    await book(move);
    expect(await ledger.balance('ghost', 'DKK')).toBe(100n);
  });

  it('posts one reference once for each reason', async () => {
    const move = order({ currency: 'PLN' });
    await book(move);
    await expect(book(move)).rejects.toThrow();
    await book({ ...move, reason: 'test.other' });
    expect(await ledger.balance('sales', 'PLN')).toBe(-200n);
  });

  it('refuses to book outside a unit, nothing, less than nothing, to itself or in no currency', async () => {
    await expect(ledger.transfer(order())).rejects.toThrow('inside a unit');
    for (const wrong of [
      { amountMinor: 0n },
      { amountMinor: -1n },
      { currency: 'XXX' },
      { credit: 'gateway:sandbox' },
    ]) {
      await expect(book(order(wrong))).rejects.toThrow(RangeError);
    }
  });

  it.each([
    ['an amount of zero', `'gateway:sandbox:EUR', 'sales:EUR', 0, 'EUR'`],
    ['one account on both sides', `'sales:EUR', 'sales:EUR', 1, 'EUR'`],
    ['a foreign currency in the debit', `'gateway:sandbox:EUR', 'sales:JPY', 1, 'JPY'`],
    ['a foreign currency in the credit', `'gateway:sandbox:EUR', 'sales:JPY', 1, 'EUR'`],
    ['an account that does not exist', `'gateway:sandbox:EUR', 'nobody:EUR', 1, 'EUR'`],
  ])('lets nobody write %s, even in raw SQL', async (_what, values) => {
    await book(order(), order({ currency: 'JPY' }));
    const write = units.run({ action: 'test.raw' }, () =>
      database.query(
        `INSERT INTO transfer (id, debit_account_id, credit_account_id, amount_minor, currency, kind, reference_type, reference_id, occurred_at)
         VALUES ('${newId('trf')}', ${values}, 'test.raw', 'test', '${newId('tst')}', '2026-01-01 00:00:00')`,
      ),
    );
    await expect(write).rejects.toThrow(/constraint/i);
  });
});
