import { Clock, RequestContext, systemPrincipal, UnitOfWork } from '#kernel';
import { describeOnEveryDialect, runAsUser } from '#kernel/testing';
import { Logger } from '@nestjs/common';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import type { GatewayOutcome } from './gateways/payment-gateway.js';
import { signBody } from './gateways/sandbox/sandbox-signature.js';
import type { PaymentRequest } from './payments.service.js';
import { bootPayments, type BootedPayments, orderOf } from './testing/boot-payments.js';
import { LeftOrders } from './use-cases/left-orders.js';
import { PaymentNotifications } from './use-cases/notifications.js';

function gate() {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describeOnEveryDialect('a payment that others settle before the answer to its order comes', (dialect) => {
  let app: BootedPayments;
  beforeAll(async () => {
    // Planned failures are no news.
    Logger.overrideLogger(false);
    app = await bootPayments(dialect);
  });
  afterAll(() => app?.close());
  afterEach(() => vi.restoreAllMocks());

  const as = <T>(order: PaymentRequest, work: () => Promise<T>) => runAsUser(order.customerId, work);
  const pay = (order: PaymentRequest) => as(order, () => app.payments.create(order));
  const resolve = () =>
    new RequestContext().runAs(systemPrincipal('payments.resolve'), () => app.resolver.resolveDue());
  const webhook = (paymentId: string, outcome: string) => {
    const body = JSON.stringify({ paymentId, outcome });
    const signature = signBody(body, 'sandbox-webhook-secret', app.get(Clock).now());
    return app
      .get(PaymentNotifications)
      .receive('sandbox', { body: Buffer.from(body), headers: { 'sandbox-signature': signature } });
  };
  const transfers = (id: string) => app.column<string>('transfer', 'kind', `reference_id = '${id}'`);
  const status = async (id: string) => (await app.payments.get(id, 'all')).status;
  const asksForAction = (reference: string): GatewayOutcome => ({
    result: 'requires_action',
    gatewayReference: reference,
    nextAction: { type: 'x', url: '/' },
  });
  /** Lets the next order be left by a crash, and gives its id. */
  const leave = async (order: PaymentRequest) => {
    vi.spyOn(app.settlement, 'settleOrdered').mockRejectedValueOnce(new Error('crash'));
    await expect(pay(order)).rejects.toThrow('crash');
    const [id] = await app.column<string>('payment_order', 'id', `customer_id = '${order.customerId}'`);
    return id ?? '';
  };

  it('keeps the capture that has begun meanwhile', async () => {
    const order = orderOf({ captureMode: 'manual' });
    const slow = gate();
    const capture = app.sandbox.capture.bind(app.sandbox);
    const captures = vi.spyOn(app.sandbox, 'capture').mockImplementation(async (operation) => {
      await slow.opened;
      return capture(operation);
    });
    let capturing: Promise<unknown> | undefined;
    vi.spyOn(app.sandbox, 'authorise').mockImplementationOnce(async ({ paymentId, reference }) => {
      await webhook(paymentId, 'approved');
      capturing = as(order, () => app.payments.capture(paymentId, undefined, 'all'));
      await vi.waitUntil(() => captures.mock.calls.length === 1, 20_000);
      return { result: 'authorised', gatewayReference: reference };
    });
    const { id, status: told } = await pay(order);
    expect(told).toBe('processing');
    slow.open();
    await capturing;
    expect(await status(id)).toBe('succeeded');
    expect(await transfers(id)).toEqual(['payment.capture']);
  });

  it('keeps the cancellation that has begun meanwhile', async () => {
    const order = orderOf({ paymentMethod: 'pm_card_needs_action' });
    const slow = gate();
    const cancels = vi.spyOn(app.sandbox, 'cancel').mockImplementation(async () => {
      await slow.opened;
      return { result: 'canceled' };
    });
    let canceling: Promise<unknown> | undefined;
    vi.spyOn(app.sandbox, 'authorise').mockImplementationOnce(async ({ paymentId, reference }) => {
      app.advance(61_000);
      await resolve();
      canceling = as(order, () => app.payments.cancel(paymentId, 'all'));
      await vi.waitUntil(() => cancels.mock.calls.length === 1, 20_000);
      return asksForAction(reference);
    });
    const { id } = await pay(order);
    slow.open();
    await canceling;
    expect(await status(id)).toBe('canceled');
  });

  it('takes the money that a webhook tells of while the answer asks for an action', async () => {
    const told = gate();
    const settles = gate();
    const settle = app.settlement.settlePayment.bind(app.settlement);
    vi.spyOn(app.settlement, 'settlePayment').mockImplementationOnce(async (...args) => {
      told.open();
      await settles.opened;
      return settle(...args);
    });
    let notified: Promise<void> | undefined;
    vi.spyOn(app.sandbox, 'authorise').mockImplementationOnce(async ({ paymentId, reference }) => {
      notified = webhook(paymentId, 'approved');
      await told.opened;
      return asksForAction(reference);
    });
    const { id } = await pay(orderOf());
    settles.open();
    await notified;
    expect(await status(id)).toBe('succeeded');
    expect(await transfers(id)).toEqual(['payment.capture']);
  });

  it('is settled at once with its own answer when whoever took it over has none', async () => {
    vi.spyOn(app.sandbox, 'retrieve').mockResolvedValue({ result: 'unknown' });
    vi.spyOn(app.sandbox, 'authorise').mockImplementationOnce(
      async ({ paymentId, reference, amountMinor }) => {
        app.advance(61_000);
        await resolve();
        expect(await status(paymentId)).toBe('processing');
        return { result: 'captured', gatewayReference: reference, amountMinor };
      },
    );
    const { id, status: told } = await pay(orderOf());
    expect(told).toBe('succeeded');
    expect(await transfers(id)).toEqual(['payment.capture']);
  });

  it('is written down when somebody has removed its order', async () => {
    const order = orderOf();
    vi.spyOn(app.sandbox, 'authorise').mockImplementationOnce(
      async ({ paymentId, reference, amountMinor }) => {
        await app
          .get(UnitOfWork)
          .run({ action: 'test.remove', recorded: false }, () =>
            app.data.query('DELETE FROM payment_order WHERE id = ?', [paymentId]),
          );
        return { result: 'captured', gatewayReference: reference, amountMinor };
      },
    );
    const { id } = await pay(order);
    expect(await status(id)).toBe('succeeded');
    expect(await transfers(id)).toEqual(['payment.capture']);
    expect(await app.column('audit_entry', 'details', `resource_id = '${id}'`)).toEqual([
      expect.stringContaining('"order":"missing"'),
    ]);
  });

  it('tells on the record who ordered it', async () => {
    const order = orderOf();
    const id = await leave(order);
    app.advance(61_000);
    await resolve();
    const [details] = await app.column<string>(
      'audit_entry',
      'details',
      `resource_id = '${id}' AND action = 'payment.create'`,
    );
    expect(JSON.parse(details ?? '{}')).toMatchObject({
      orderedBy: order.customerId,
      orderedAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT/) as string,
    });
  });

  it('is finished although twenty others before it cannot be, which are not tried again at once', async () => {
    const spoiled = new Set<string>();
    for (let index = 0; index < 20; index += 1) spoiled.add(await leave(orderOf()));
    const id = await leave(orderOf());
    const orders = app.get(LeftOrders);
    const takeOver = orders.takeOver.bind(orders);
    const tries = vi.spyOn(orders, 'takeOver').mockImplementation(async (order) => {
      if (spoiled.has(order.id)) throw new Error('spoiled');
      return takeOver(order);
    });
    app.advance(61_000);
    expect([await resolve(), await resolve(), await resolve()]).toEqual([true, false, false]);
    expect(tries).toHaveBeenCalledTimes(21);
    expect(await status(id)).toBe('succeeded');
  });

  it('is refused before the gateway hears of it where it could not be booked', async () => {
    const asked = vi.spyOn(app.sandbox, 'authorise');
    const impossible = [
      { amountMinor: 0n },
      { amountMinor: -5n },
      { amountMinor: 2n ** 53n },
      { currency: 'XXX' },
    ];
    for (const change of impossible) await expect(pay(orderOf(change))).rejects.toThrow(RangeError);
    expect(asked).not.toHaveBeenCalled();
  });
});
