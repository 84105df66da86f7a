import { describe, expect, it } from 'vitest';
import fc from 'fast-check';
import type { CaptureMode, GatewayOutcome } from '../gateways/payment-gateway.js';
import { Payment } from './payment.entity.js';
import { PaymentOrder } from './payment-order.entity.js';

const now = new Date('2026-01-02T03:04:05Z');
const later = new Date('2026-01-02T03:05:05Z');

const begin = (captureMode: CaptureMode = 'manual') =>
  Payment.begin(
    PaymentOrder.place(
      {
        customerId: 'usr_1',
        amountMinor: 1000n,
        currency: 'EUR',
        captureMode,
        gateway: 'sandbox',
        paymentMethod: 'pm_card_success',
        idempotencyId: null,
        orderedBy: 'usr_1',
        sessionId: null,
        traceId: null,
      },
      now,
      later,
    ),
  );

const captured = (amountMinor = 1000n): GatewayOutcome => ({
  result: 'captured',
  gatewayReference: 'g1',
  amountMinor,
});
const authorised: GatewayOutcome = { result: 'authorised', gatewayReference: 'g1' };
const declined: GatewayOutcome = { result: 'declined', failureCode: 'card_declined' };
const nextAction = { type: 'redirect', url: '/x' };
const asks: GatewayOutcome = { result: 'requires_action', gatewayReference: 'g1', nextAction };

const settled = (...outcomes: GatewayOutcome[]) => {
  const payment = begin();
  for (const outcome of outcomes) payment.settle(outcome, now);
  return payment;
};

describe('a payment', () => {
  it('begins in processing, with its own id as the reference that the gateway gets', () => {
    const payment = begin();
    expect(payment).toMatchObject({ status: 'processing', nextCheckAt: later, operation: 'authorise' });
    expect(payment.gatewayOperation.reference).toBe(payment.id);
  });

  it.each([
    ['captured', captured(), 'succeeded'],
    ['authorised', authorised, 'requires_capture'],
    ['requires_action', asks, 'requires_action'],
    ['declined', declined, 'failed'],
    ['unknown', { result: 'unknown' } as const, 'processing'],
  ])('answered with %s has the right status', (_result, outcome, status) => {
    expect(settled(outcome).status).toBe(status);
  });

  it('keeps asking while the outcome is unknown, with growing pauses', () => {
    const payment = begin();
    payment.settle({ result: 'unknown' }, now);
    expect(payment.nextCheckAt).toEqual(new Date(now.getTime() + 2000));
    payment.checkCount = 4;
    payment.settle({ result: 'unknown' }, now);
    expect(payment.nextCheckAt).toEqual(new Date(now.getTime() + 32_000));
    payment.checkCount = 4000;
    payment.settle({ result: 'unknown' }, now);
    expect(payment.nextCheckAt).toEqual(new Date(now.getTime() + 3_600_000));
  });

  it('captures in part, once', () => {
    const payment = settled(authorised);
    payment.beginCapture(400n, now, later);
    expect(payment.gatewayOperation).toMatchObject({
      kind: 'capture',
      amountMinor: 400n,
      gatewayReference: 'g1',
    });
    payment.settle(captured(400n), now);
    expect(payment).toMatchObject({ status: 'succeeded', amountCapturedMinor: 400n, refundableMinor: 400n });
    expect(() => payment.beginCapture(1n, now, later)).toThrow('payments.wrong_status');
  });

  it('refuses to capture more than was authorised', () => {
    expect(() => settled(authorised).beginCapture(1001n, now, later)).toThrow(
      'payments.capture_exceeds_amount',
    );
  });

  it('waits for capture again when the gateway refuses one, and asks under a new reference', () => {
    const payment = settled(authorised);
    payment.beginCapture(undefined, now, later);
    const first = payment.gatewayOperation.reference;
    payment.settle(declined, now);
    payment.version += 2;
    expect(payment).toMatchObject({
      status: 'requires_capture',
      failureCode: 'card_declined',
      nextCheckAt: null,
    });
    payment.beginCapture(undefined, now, later);
    expect(payment.gatewayOperation.reference).not.toBe(first);
    expect(payment.failureCode).toBeNull();
  });

  it('keeps the action that it asks for when a cancellation is refused', () => {
    const payment = settled(asks);
    payment.beginCancel(now, later);
    payment.settle(declined, now);
    expect(payment).toMatchObject({ status: 'requires_action', nextAction });
  });

  it('is canceled from requires_action and requires_capture only', () => {
    for (const outcome of [asks, authorised]) {
      const payment = settled(outcome);
      payment.beginCancel(now, later);
      payment.settle({ result: 'canceled' }, now);
      expect(payment).toMatchObject({ status: 'canceled', nextAction: null, nextCheckAt: null });
    }
    for (const outcome of [captured(), declined, { result: 'unknown' } as const]) {
      expect(() => settled(outcome).beginCancel(now, later)).toThrow('payments.wrong_status');
    }
  });

  it('never takes money twice, nor more than was authorised, whatever happens in whatever order', () => {
    const outcome: fc.Arbitrary<GatewayOutcome> = fc.constantFrom(captured(), authorised, asks, declined, {
      result: 'unknown',
    });
    const step = fc.oneof(
      fc.record({ do: fc.constant('settle' as const), outcome }),
      fc.record({ do: fc.constant('capture' as const), amount: fc.bigInt({ min: 1n, max: 1500n }) }),
      fc.record({ do: fc.constant('cancel' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 12 }), (steps) => {
        const payment = begin();
        let captures = 0;
        for (const each of steps) {
          const before = payment.status;
          try {
            if (each.do === 'capture') payment.beginCapture(each.amount, now, later);
            else if (each.do === 'cancel') payment.beginCancel(now, later);
            else if (payment.awaitsGateway) payment.settle(each.outcome, now);
          } catch (error) {
            expect(String(error)).toMatch(/payments\.(wrong_status|capture_exceeds_amount)/);
            expect(payment.status).toBe(before);
          }
          if (payment.status === 'succeeded' && before !== 'succeeded') captures += 1;
          if (['succeeded', 'failed', 'canceled'].includes(before)) expect(payment.status).toBe(before);
          expect(payment.nextCheckAt === null).toBe(payment.status !== 'processing');
          expect(
            payment.nextAction === null ||
              payment.status === 'requires_action' ||
              payment.operation === 'cancel',
          ).toBe(true);
          expect(payment.amountCapturedMinor).toBeLessThanOrEqual(payment.amountMinor);
        }
        expect(captures).toBeLessThanOrEqual(1);
      }),
    );
  });
});
