import { newId, OutboxRelay, Problem, RequestContext, systemPrincipal, UnitOfWork } from '#kernel';
import { describeOnEveryDialect, runAsUser } from '#kernel/testing';
import { SubjectErasure } from '#privacy';
import { Vault } from '#vault';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import type { Payment } from './entities/payment.entity.js';
import type { GatewayOutcome } from './gateways/payment-gateway.js';
import { servePayments } from './payments.purposes.js';
import { bootPayments, type BootedPayments, orderOf } from './testing/boot-payments.js';

const codeOf = (error: unknown) => (error instanceof Problem ? error.code : error);

describeOnEveryDialect('payments', (dialect) => {
  let app: BootedPayments;
  beforeAll(async () => {
    app = await bootPayments(dialect);
  });
  afterAll(() => app?.close());
  afterEach(() => vi.restoreAllMocks());

  const as = <T>({ customerId }: { customerId: string }, work: () => Promise<T>) =>
    runAsUser(customerId, work);
  const create = (change: Parameters<typeof orderOf>[0] = {}) => {
    const order = orderOf(change);
    return as(order, () => app.payments.create(order));
  };
  const refund = (payment: Payment, amountMinor?: bigint, reason?: string) =>
    as(payment, () =>
      app.payments.refund(
        payment.id,
        {
          ...(amountMinor === undefined ? {} : { amountMinor }),
          ...(reason === undefined ? {} : { reason }),
        },
        payment,
      ),
    );
  const reload = (payment: Payment) => app.payments.get(payment.id, 'all');
  const transfers = (id: string) =>
    app.column<string>(
      'transfer',
      `CONCAT(kind, ' ', debit_account_id, ' ', credit_account_id, ' ', amount_minor)`,
      `reference_id = '${id}'`,
    );
  const events = (id: string) =>
    app.column<string>('outbox_message', 'type', `payload LIKE '%${id}%' ORDER BY id`);
  const entries = (id: string) =>
    app.column<string>('audit_entry', 'action', `resource_id = '${id}' ORDER BY id`);

  describe('create', () => {
    it('takes the money, books it once, tells it, and leaves one entry on the record and no order', async () => {
      const payment = await create();
      expect(payment).toMatchObject({ status: 'succeeded', amountCapturedMinor: 1000n });
      expect(await reload(payment)).toMatchObject(payment);
      expect(await transfers(payment.id)).toEqual(['payment.capture gateway:sandbox:EUR sales:EUR 1000']);
      expect(await events(payment.id)).toEqual(['payments.payment_succeeded']);
      expect(await entries(payment.id)).toEqual(['payment.create']);
      expect(await app.column('payment_order', 'id')).toEqual([]);
    });

    it.each([
      ['pm_card_declined', 'failed', 'card_declined', 'payments.payment_failed'],
      ['pm_card_insufficient_funds', 'failed', 'insufficient_funds', 'payments.payment_failed'],
      ['pm_card_needs_action', 'requires_action', null, 'payments.payment_action_required'],
      ['pm_card_timeout', 'processing', null, undefined],
    ])(
      'with %s ends in %s without touching the ledger',
      async (paymentMethod, status, failureCode, event) => {
        const payment = await create({ paymentMethod });
        expect(await reload(payment)).toMatchObject({ status, failureCode, amountCapturedMinor: 0n });
        expect(await transfers(payment.id)).toEqual([]);
        expect(await events(payment.id)).toEqual(event ? [event] : []);
      },
    );

    it('takes the largest amount to the last unit', async () => {
      const amountMinor = BigInt(Number.MAX_SAFE_INTEGER);
      const payment = await create({ amountMinor, currency: 'JPY' });
      expect(await reload(payment)).toMatchObject({ amountMinor, amountCapturedMinor: amountMinor });
    });

    it('keeps metadata sealed', async () => {
      const payment = await create({ metadata: { note: 'Sandkastenschaufel' } });
      const [stored] = await app.column<Buffer>('payment', 'metadata', `id = '${payment.id}'`);
      expect(Buffer.isBuffer(stored)).toBe(true);
      expect(stored?.includes('Sandkasten')).toBe(false);
    });
  });

  describe('capture and cancel', () => {
    it('captures in part, and books that part', async () => {
      const payment = await create({ captureMode: 'manual' });
      expect(payment.status).toBe('requires_capture');
      const captured = await as(payment, () => app.payments.capture(payment.id, 400n, payment));
      expect(captured).toMatchObject({ status: 'succeeded', amountCapturedMinor: 400n });
      expect(await transfers(payment.id)).toEqual(['payment.capture gateway:sandbox:EUR sales:EUR 400']);
      expect(await events(payment.id)).toEqual(['payments.payment_authorised', 'payments.payment_succeeded']);
    });

    it('lets exactly one of many concurrent captures and cancellations win', async () => {
      const payment = await create({ captureMode: 'manual' });
      const asked = vi.spyOn(app.sandbox, 'capture');
      const canceled = vi.spyOn(app.sandbox, 'cancel');
      const results = await as(payment, () =>
        Promise.allSettled(
          Array.from({ length: 6 }, (_, index) =>
            index % 2
              ? app.payments.capture(payment.id, undefined, payment)
              : app.payments.cancel(payment.id, payment),
          ),
        ),
      );
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(1);
      for (const result of results) {
        if (result.status === 'rejected') expect(codeOf(result.reason)).toBe('payments.wrong_status');
      }
      expect(asked.mock.calls.length + canceled.mock.calls.length).toBe(1);
    });

    it('waits for capture again after a refusal, and can then be canceled', async () => {
      const payment = await create({ captureMode: 'manual', paymentMethod: 'pm_card_capture_declined' });
      const refused = await as(payment, () => app.payments.capture(payment.id, undefined, payment));
      expect(refused).toMatchObject({ status: 'requires_capture', failureCode: 'authorisation_expired' });
      const canceled = await as(payment, () => app.payments.cancel(payment.id, payment));
      expect(canceled.status).toBe('canceled');
      expect(await transfers(payment.id)).toEqual([]);
    });

    it('finds only payments in scope', async () => {
      const payment = await create({ captureMode: 'manual' });
      const stranger = { customerId: newId('usr') };
      const attempts: (() => Promise<unknown>)[] = [
        () => app.payments.get(payment.id, stranger),
        () => app.payments.capture(payment.id, undefined, stranger),
        () => app.payments.cancel(payment.id, stranger),
        () => app.payments.refund(payment.id, { reason: 'no' }, stranger),
        () => app.payments.refundsOf(payment.id, stranger),
      ];
      for (const attempt of attempts) {
        expect(await as(stranger, attempt).catch(codeOf)).toBe('payments.not_found');
      }
      expect((await reload(payment)).status).toBe('requires_capture');
    });
  });

  describe('refunds', () => {
    it('never give back more than was captured, however many come at once', async () => {
      const payment = await create();
      const results = await Promise.allSettled(Array.from({ length: 8 }, () => refund(payment, 300n)));
      expect(results.filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
      for (const result of results) {
        if (result.status === 'rejected')
          expect(codeOf(result.reason)).toBe('payments.refund_exceeds_capture');
      }
      expect(await reload(payment)).toMatchObject({
        amountRefundedMinor: 900n,
        amountRefundReservedMinor: 0n,
      });
      const rest = await refund(payment);
      expect(rest).toMatchObject({ amountMinor: 100n, status: 'succeeded' });
      expect(await transfers(rest.id)).toEqual(['payment.refund sales:EUR gateway:sandbox:EUR 100']);
      expect(await events(rest.id)).toEqual(['payments.refund_succeeded']);
      expect(await refund(payment).catch(codeOf)).toBe('payments.refund_exceeds_capture');
    });

    it('give the reservation back when the gateway refuses', async () => {
      const payment = await create({ paymentMethod: 'pm_card_refund_declined' });
      const refused = await refund(payment, 600n);
      expect(refused).toMatchObject({ status: 'failed', failureCode: 'refund_declined' });
      expect(await reload(payment)).toMatchObject({ amountRefundedMinor: 0n, amountRefundReservedMinor: 0n });
      expect(await events(refused.id)).toEqual(['payments.refund_failed']);
      expect(await transfers(refused.id)).toEqual([]);
    });

    it.each([
      ['pm_card_refund_timeout', 'succeeded', 600n],
      ['pm_card_refund_timeout_failed', 'failed', 0n],
    ])(
      'that time out with %s stay reserved until they are known to have %s',
      async (paymentMethod, status, refunded) => {
        const payment = await create({ paymentMethod });
        const unknown = await refund(payment, 600n, 'broken');
        expect(unknown.status).toBe('processing');
        expect(await reload(payment)).toMatchObject({
          amountRefundedMinor: 0n,
          amountRefundReservedMinor: 600n,
        });
        expect(await refund(payment, 500n).catch(codeOf)).toBe('payments.refund_exceeds_capture');
        await app.resolveAll();
        const [known] = await app.payments.refundsOf(payment.id, payment);
        expect(known).toMatchObject({ status, nextCheckAt: null });
        expect(await reload(payment)).toMatchObject({
          amountRefundedMinor: refunded,
          amountRefundReservedMinor: 0n,
        });
      },
    );

    it('are refused before the money was taken', async () => {
      const payment = await create({ captureMode: 'manual' });
      expect(await refund(payment, 1n).catch(codeOf)).toBe('payments.wrong_status');
    });

    it('cannot be overdrawn even by raw SQL', async () => {
      const payment = await create();
      const units = app.get(UnitOfWork);
      await expect(
        units.run({ action: 'test.raw' }, () =>
          app.data.query(`UPDATE payment SET amount_refunded_minor = 1001 WHERE id = ?`, [payment.id]),
        ),
      ).rejects.toThrow(/constraint/i);
    });
  });

  describe('when the customer is erased', () => {
    it('are given up where they are open, and stay where they are finished', async () => {
      const customerId = newId('usr');
      const open = await create({ customerId, captureMode: 'manual' });
      const waiting = await create({ customerId, paymentMethod: 'pm_card_needs_action' });
      const paid = await create({ customerId, metadata: { order: '9' } });
      await as(paid, () => app.get(SubjectErasure).erase(customerId));
      expect((await reload(open)).status).toBe('processing');
      await app.resolver.resolveDue();
      expect((await reload(open)).status).toBe('canceled');
      expect((await reload(waiting)).status).toBe('canceled');
      expect(await reload(paid)).toMatchObject({ status: 'succeeded' });
      const kept = await app.get(Vault).reveal([await reload(paid)], ['metadata'], servePayments);
      expect(kept).toEqual([{ metadata: { order: '9' } }]);
      expect((await refund(paid, 10n, 'Kulanz')).status).toBe('succeeded');
    });
  });

  describe('when the customer was erased', () => {
    const relay = () =>
      app.get(RequestContext).runAs(systemPrincipal('test'), () => app.get(OutboxRelay).drain());

    it('is given up when the gateway says late that the customer has to act', async () => {
      const customerId = newId('usr');
      const late = await create({ customerId, paymentMethod: 'pm_card_timeout' });
      await as(late, () => app.get(SubjectErasure).erase(customerId));
      app.advance(300_000);
      await relay();
      const asksForAction: GatewayOutcome = {
        result: 'requires_action',
        gatewayReference: 'late',
        nextAction: { type: 'x', url: '/' },
      };
      vi.spyOn(app.sandbox, 'retrieve').mockResolvedValueOnce(asksForAction);
      await app.resolver.resolveDue();
      expect((await reload(late)).status).toBe('requires_action');
      await relay();
      await app.resolver.resolveDue();
      expect((await reload(late)).status).toBe('canceled');
    });

    it('is given up when the gateway says late that it is authorised', async () => {
      const customerId = newId('usr');
      const late = await create({ customerId, captureMode: 'manual', paymentMethod: 'pm_card_timeout' });
      await as(late, () => app.get(SubjectErasure).erase(customerId));
      app.advance(2_001);
      await app.resolver.resolveDue();
      expect((await reload(late)).status).toBe('requires_capture');
      await relay();
      await app.resolver.resolveDue();
      expect((await reload(late)).status).toBe('canceled');
    });

    it('is given up when a request was running meanwhile, once none can run any more', async () => {
      const customerId = newId('usr');
      const paid = await create({ customerId });
      await as(paid, () => app.get(SubjectErasure).erase(customerId));
      const meanwhile = await create({ customerId, paymentMethod: 'pm_card_needs_action' });
      // Another process may still take the person for one who is there.
      vi.spyOn(app.get(Vault), 'isErased').mockReturnValueOnce(false);
      await relay();
      expect((await reload(meanwhile)).status).toBe('requires_action');
      app.advance(300_000);
      await relay();
      await app.resolver.resolveDue();
      expect((await reload(meanwhile)).status).toBe('canceled');
    });
  });

  describe('what is left in processing', () => {
    it.each([
      ['pm_card_timeout', 'succeeded'],
      ['pm_card_timeout_failed', 'failed'],
    ])('by %s is found to have %s', async (paymentMethod, status) => {
      const payment = await create({ paymentMethod });
      expect(payment.status).toBe('processing');
      await app.resolver.resolveDue();
      expect((await reload(payment)).status).toBe('processing');
      app.advance(2_001);
      await app.resolver.resolveDue();
      expect(await reload(payment)).toMatchObject({ status, nextCheckAt: null });
      expect(await transfers(payment.id)).toHaveLength(status === 'succeeded' ? 1 : 0);
    });

    it('by a capture that timed out is finished', async () => {
      const payment = await create({ captureMode: 'manual', paymentMethod: 'pm_card_capture_timeout' });
      const unknown = await as(payment, () => app.payments.capture(payment.id, 250n, payment));
      expect(unknown.status).toBe('processing');
      await app.resolveAll();
      expect(await reload(payment)).toMatchObject({ status: 'succeeded', amountCapturedMinor: 250n });
      expect(await transfers(payment.id)).toEqual(['payment.capture gateway:sandbox:EUR sales:EUR 250']);
    });

    it('by a crash between the units is finished exactly once by many resolvers, and not before its time', async () => {
      const order = orderOf({ metadata: { order: '7' } });
      vi.spyOn(app.settlement, 'settleOrdered').mockRejectedValueOnce(new Error('crash'));
      await expect(as(order, () => app.payments.create(order))).rejects.toThrow('crash');
      const [id] = await app.column<string>('payment_order', 'id', `customer_id = '${order.customerId}'`);
      app.advance(59_000);
      await app.resolver.resolveDue();
      expect(await app.payments.get(id!, 'all').catch(codeOf)).toBe('payments.not_found');
      app.advance(2_000);
      const asked = vi.spyOn(app.sandbox, 'retrieve');
      const other = await bootPayments(dialect, app.database);
      try {
        other.advance(7 * 3_600_000);
        await Promise.all([
          app.resolver.resolveDue(),
          other.resolver.resolveDue(),
          app.resolver.resolveDue(),
        ]);
      } finally {
        await other.close({ keepDatabase: true });
      }
      const payment = await app.payments.get(id!, 'all');
      expect(payment).toMatchObject({ status: 'succeeded', checkCount: 1 });
      expect(await app.get(Vault).reveal([payment], ['metadata'], servePayments)).toEqual([
        { metadata: { order: '7' } },
      ]);
      expect(await app.column('payment_order', 'id')).toEqual([]);
      expect(asked.mock.calls.length).toBeLessThanOrEqual(1);
      expect(await transfers(id!)).toHaveLength(1);
      expect(await events(id!)).toEqual(['payments.payment_succeeded']);
    });

    it('is sent again under the same reference when the gateway never got it', async () => {
      const payment = await create({ paymentMethod: 'pm_card_timeout' });
      vi.spyOn(app.sandbox, 'retrieve').mockResolvedValue({ result: 'not_found' });
      const sent = vi
        .spyOn(app.sandbox, 'authorise')
        .mockImplementation(async ({ amountMinor, reference }) => ({
          result: 'captured',
          gatewayReference: reference,
          amountMinor,
        }));
      app.advance(2_001);
      await app.resolver.resolveDue();
      expect(sent.mock.calls.map(([{ reference }]) => reference)).toContain(payment.id);
      expect((await reload(payment)).status).toBe('succeeded');
    });

    it('stays so while the gateway cannot be asked, and is asked less and less often', async () => {
      const payment = await create({ paymentMethod: 'pm_card_timeout' });
      const asked = vi.spyOn(app.sandbox, 'retrieve').mockRejectedValue(new Error('down'));
      app.advance(2_001);
      await app.resolver.resolveDue();
      await app.resolver.resolveDue();
      expect(asked.mock.calls.filter(([{ paymentId }]) => paymentId === payment.id)).toHaveLength(1);
      const waiting = await reload(payment);
      expect(waiting).toMatchObject({ status: 'processing', checkCount: 1 });
      vi.restoreAllMocks();
      await app.resolveAll();
      expect((await reload(payment)).status).toBe('succeeded');
    });

    it('is settled once when the answer comes late, after the resolver', async () => {
      const order = orderOf();
      vi.spyOn(app.sandbox, 'authorise').mockImplementationOnce(async ({ amountMinor, reference }) => {
        await new RequestContext().runAs(systemPrincipal('test'), () => app.resolveAll());
        return { result: 'captured', gatewayReference: reference, amountMinor };
      });
      const payment = await as(order, () => app.payments.create(order));
      expect(payment.status).toBe('succeeded');
      expect(await transfers(payment.id)).toHaveLength(1);
      expect(await events(payment.id)).toEqual(['payments.payment_succeeded']);
    });
  });
});
