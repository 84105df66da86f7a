import { Logger } from '@nestjs/common';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Problem } from '#kernel';
import { describeOnEveryDialect, runAsUser } from '#kernel/testing';
import type { Payment } from './entities/payment.entity.js';
import { testMethods } from './gateways/sandbox/test-methods.js';
import { bootPayments, type BootedPayments, orderOf } from './testing/boot-payments.js';

const currencies = ['EUR', 'JPY'] as const;
const amounts = fc.bigInt({ min: 1n, max: 1000n });

const steps = fc.oneof(
  fc.record({
    do: fc.constant('pay' as const),
    amountMinor: amounts,
    currency: fc.constantFrom(...currencies),
    captureMode: fc.constantFrom('automatic' as const, 'manual' as const),
    paymentMethod: fc.constantFrom(...Object.keys(testMethods)),
  }),
  fc.record({ do: fc.constant('capture' as const), which: fc.nat(), amountMinor: fc.option(amounts) }),
  fc.record({ do: fc.constant('cancel' as const), which: fc.nat() }),
  fc.record({ do: fc.constant('refund' as const), which: fc.nat(), amountMinor: fc.option(amounts) }),
  fc.record({
    do: fc.constant('crash' as const),
    what: fc.constantFrom('settleOrdered', 'settlePayment', 'settleRefund'),
  }),
  fc.record({ do: fc.constant('resolve' as const) }),
);
type Step = typeof steps extends fc.Arbitrary<infer S> ? S : never;

const paid = { do: 'pay', amountMinor: 500n, currency: 'EUR', paymentMethod: 'pm_card_success' } as const;
const eventful: Step[][] = [
  [{ ...paid, captureMode: 'manual' }],
  [{ do: 'cancel', which: 0 }],
  [{ ...paid, captureMode: 'automatic' }],
  [
    { do: 'refund', which: 1, amountMinor: 300n },
    { do: 'refund', which: 1, amountMinor: 300n },
  ],
];

describeOnEveryDialect('the ledger and the payments', (dialect) => {
  let app: BootedPayments;
  const made: Payment[] = [];
  beforeAll(async () => {
    // Planned crashes are no news.
    Logger.overrideLogger(false);
    app = await bootPayments(dialect);
  });
  afterAll(() => app?.close());

  const pick = (which: number) => made[which % made.length];

  /** Does one step; business refusals and planned crashes are fine. */
  async function take(step: Step): Promise<void> {
    try {
      await attempt(step);
    } catch (error) {
      if (
        !(error instanceof Problem && error.code.startsWith('payments.')) &&
        String(error) !== 'Error: crash'
      ) {
        throw error;
      }
    }
  }

  async function attempt(step: Step): Promise<void> {
    if (step.do === 'resolve') {
      await app.resolver.resolveDue();
      return;
    }
    if (step.do === 'crash') {
      vi.spyOn(app.settlement, step.what as 'settlePayment').mockRejectedValueOnce(new Error('crash'));
      return;
    }
    if (step.do === 'pay') {
      const { do: _do, ...change } = step;
      const order = orderOf(change);
      made.push(await runAsUser(order.customerId, () => app.payments.create(order)));
      return;
    }
    const payment = pick(step.which);
    if (!payment) return;
    await runAsUser(payment.customerId, async () => {
      if (step.do === 'cancel') return app.payments.cancel(payment.id, 'all');
      const amountMinor = step.amountMinor ?? undefined;
      if (step.do === 'capture') return app.payments.capture(payment.id, amountMinor, 'all');
      return app.payments.refund(payment.id, amountMinor === undefined ? {} : { amountMinor }, 'all');
    });
  }

  /** What the payments say that the gateway owes us. */
  async function held(currency: string): Promise<bigint> {
    const rows = await app.data.query<{ held: string }>(
      `SELECT CAST(SUM(amount_captured_minor - amount_refunded_minor) AS CHAR) AS held FROM payment WHERE currency = ?`,
      [currency],
    );
    return BigInt(rows[0]?.held ?? '0');
  }

  it('agree after every round of operations, concurrent and crashing ones too', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(steps, { minLength: 1, maxLength: 4 }), { maxLength: 6 }),
        async (rounds) => {
          for (const round of rounds) {
            await Promise.all(round.map(take));
            // Only between the rounds, for units of work do not outlive such a leap.
            app.advance(61_000);
            for (const currency of currencies) {
              const balance = await app.ledger.balance('gateway:sandbox', currency);
              expect(balance).toBe(await held(currency));
              expect(await app.ledger.balance('sales', currency)).toBe(-balance);
            }
          }
          vi.restoreAllMocks();
          await app.resolveAll();
          expect(
            await app.column('payment', 'id', `status = 'processing' OR amount_refund_reserved_minor <> 0`),
          ).toEqual([]);
          expect(await app.column('refund', 'id', `status = 'processing'`)).toEqual([]);
          expect(await app.column('payment_order', 'id')).toEqual([]);
          for (const currency of currencies) {
            expect(await app.ledger.balance('gateway:sandbox', currency)).toBe(await held(currency));
          }
        },
      ),
      { numRuns: 25, examples: [[eventful]] },
    );
    // The run must have meant something.
    expect(await app.column('refund', 'id', `status = 'succeeded'`)).not.toEqual([]);
    expect(await app.column('payment', 'id', `status = 'canceled'`)).not.toEqual([]);
    const events = await app.column<string>(
      'outbox_message',
      'type',
      `type IN ('payments.payment_succeeded', 'payments.refund_succeeded')`,
    );
    const transfers = await app.column('transfer', 'id');
    expect(events).toHaveLength(transfers.length);
  });
});
