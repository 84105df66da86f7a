import { buildOpenApi, Database, newId, RequestContext, systemPrincipal } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it, vi } from 'vitest';
import { signBody } from './gateways/sandbox/sandbox-signature.js';
import { SandboxGateway } from './gateways/sandbox/sandbox.gateway.js';
import { bootPaymentsHttp, type BootedPaymentsHttp } from './testing/boot-payments.js';
import { PaymentResolver } from './use-cases/resolver.js';
import { Settlement } from './use-cases/settlement.js';

const order = { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_success' };

describeOnEveryDialect('payments over HTTP', (dialect) => {
  let http: BootedPaymentsHttp;
  beforeAll(async () => {
    http = await bootPaymentsHttp(dialect);
  });
  afterAll(() => http?.close());
  afterEach(() => vi.restoreAllMocks());

  const pay = (caller: string, change: object = {}, key?: string) =>
    http.call(caller, 'POST', '/v1/payments', { ...order, ...change }, key);
  const resolve = () =>
    http.get(RequestContext).runAs(systemPrincipal('test'), () => http.get(PaymentResolver).resolveDue());
  const rowsOf = async (table: string, customerId: string) => {
    const [row] = await http
      .get(Database)
      .query<{ n: number }>(`SELECT COUNT(*) AS n FROM ${table} WHERE customer_id = ?`, [customerId]);
    return Number(row?.n);
  };
  const count = (customerId: string) => rowsOf('payment', customerId);
  const ordered = (customerId: string) => rowsOf('payment_order', customerId);
  const complete = (paymentId: string, outcome: string, secret = 'sandbox-webhook-secret') => {
    const payload = JSON.stringify({ paymentId, outcome });
    return http.inject({
      method: 'POST',
      url: '/v1/webhooks/sandbox',
      headers: {
        'content-type': 'application/json',
        'sandbox-signature': signBody(payload, secret, new Date()),
      },
      payload,
    });
  };

  it('take a payment, show it, and show it to nobody else', async () => {
    const me = newId('usr');
    const metadata = { order: '7' };
    const { status, body } = await pay(me, { metadata });
    expect(status).toBe(201);
    expect(body).toMatchObject({
      customerId: me,
      ...order,
      capture: 'automatic',
      status: 'succeeded',
      amountCaptured: 1999,
      amountRefunded: 0,
      metadata,
    });
    expect(await http.call(me, 'GET', `/v1/payments/${body.id}`)).toMatchObject({ status: 200, body });
    const foreign = await http.call(newId('usr'), 'GET', `/v1/payments/${body.id}`);
    expect(foreign).toMatchObject({ status: 404, body: { code: 'payments.not_found' } });
    expect((await http.inject({ url: '/v1/payments' })).statusCode).toBe(401);
  });

  it.each([
    [{ amount: 0 }, '/amount'],
    [{ amount: -1 }, '/amount'],
    [{ amount: 1.5 }, '/amount'],
    [{ amount: Number.MAX_SAFE_INTEGER + 1 }, '/amount'],
    [{ amount: '1' }, '/amount'],
    [{ currency: 'eur' }, '/currency'],
    [{ currency: 'XXX' }, '/currency'],
    [{ paymentMethod: 'card' }, '/paymentMethod'],
    [{ capture: 'later' }, '/capture'],
    [{ metadata: { a: 1 } }, '/metadata'],
    [{ metadata: ['a'] }, '/metadata'],
    [{ metadata: { 'a b': 'c' } }, '/metadata'],
    [{ metadata: { a: 'x'.repeat(501) } }, '/metadata'],
    [
      { metadata: Object.fromEntries(Array.from({ length: 21 }, (_, index) => [`k${index}`, ''])) },
      '/metadata',
    ],
    [{ status: 'succeeded' }, '/status'],
  ])('refuse %j', async (change, pointer) => {
    const { status, body } = await pay(newId('usr'), change);
    expect({ status, code: body['code'] }).toEqual({ status: 400, code: 'kernel.validation_failed' });
    expect(body['errors']).toEqual(expect.arrayContaining([expect.objectContaining({ pointer })]));
  });

  it('make one payment of many parallel requests with one key, and tell all of them the same', async () => {
    const me = newId('usr');
    const key = newId('key');
    const answers = await Promise.all(Array.from({ length: 8 }, () => pay(me, {}, key)));
    expect(await count(me)).toBe(1);
    const told = answers.filter(({ status }) => status === 201);
    expect(told.length).toBeGreaterThan(0);
    expect(new Set(told.map(({ body }) => body.id)).size).toBe(1);
    for (const { status, body } of answers) {
      if (status !== 201) expect([status, body['code']]).toEqual([409, 'kernel.idempotency_in_progress']);
    }
    const again = await pay(me, {}, key);
    expect(again).toEqual({ status: 201, replayed: 'true', body: told[0]?.body });
    expect(await pay(me, { amount: 1 }, key)).toMatchObject({ status: 422 });
    expect(
      await http.inject({
        method: 'POST',
        url: '/v1/payments',
        headers: { authorization: `Bearer ${me}` },
        payload: order,
      }),
    ).toMatchObject({ statusCode: 400 });
  });

  it('tell a repeated request, after a crash, what the resolver found out', async () => {
    const me = newId('usr');
    const key = newId('key');
    const metadata = { order: '8' };
    vi.spyOn(http.get(Settlement), 'settleOrdered').mockRejectedValueOnce(new Error('crash'));
    expect((await pay(me, { metadata }, key)).status).toBe(500);
    expect(await pay(me, { metadata }, key)).toMatchObject({ status: 409 });
    http.advance(61_000);
    await resolve();
    const told = await pay(me, { metadata }, key);
    expect(told).toMatchObject({ status: 201, replayed: 'true', body: { status: 'succeeded', metadata } });
    expect(await http.call(me, 'GET', `/v1/payments/${told.body.id}`)).toMatchObject({ body: told.body });
    expect(await count(me)).toBe(1);
  });

  it('tell a repeated refund, after a crash, what the resolver found out, also to an administrator', async () => {
    const { body: payment } = await pay(newId('usr'));
    const admin = `${newId('usr')} payments.refund`;
    const key = newId('key');
    const refund = () =>
      http.call(
        admin,
        'POST',
        `/v1/admin/payments/${payment.id}/refunds`,
        { amount: 5, reason: 'Kratzer' },
        key,
      );
    vi.spyOn(http.get(Settlement), 'settleRefund').mockRejectedValueOnce(new Error('crash'));
    expect((await refund()).status).toBe(500);
    http.advance(61_000);
    await resolve();
    expect(await refund()).toMatchObject({
      status: 201,
      replayed: 'true',
      body: { paymentId: payment.id, amount: 5, status: 'succeeded', reason: 'Kratzer' },
    });
  });

  it('capture, cancel and refund', async () => {
    const me = newId('usr');
    const first = (await pay(me, { capture: 'manual' })).body;
    expect(first['status']).toBe('requires_capture');
    const over = await http.call(me, 'POST', `/v1/payments/${first.id}/capture`, { amount: 2000 });
    expect(over).toMatchObject({ status: 409, body: { code: 'payments.capture_exceeds_amount' } });
    const captured = await http.call(me, 'POST', `/v1/payments/${first.id}/capture`, { amount: 1000 });
    expect(captured).toMatchObject({ status: 200, body: { status: 'succeeded', amountCaptured: 1000 } });
    const refund = await http.call(me, 'POST', `/v1/payments/${first.id}/refunds`, {
      amount: 300,
      reason: 'kaputt',
    });
    expect(refund).toMatchObject({
      status: 201,
      body: { amount: 300, status: 'succeeded', reason: 'kaputt' },
    });
    const rest = await http.call(me, 'POST', `/v1/payments/${first.id}/refunds`);
    expect(rest).toMatchObject({ status: 201, body: { amount: 700, reason: null } });
    const list = await http.call(me, 'GET', `/v1/payments/${first.id}/refunds`);
    expect(list.body.items).toEqual([refund.body, rest.body]);
    expect(await http.call(me, 'GET', `/v1/payments/${first.id}`)).toMatchObject({
      body: { amountRefunded: 1000 },
    });

    const second = (await pay(me, { capture: 'manual' })).body;
    const canceled = await http.call(me, 'POST', `/v1/payments/${second.id}/cancel`);
    expect(canceled).toMatchObject({ status: 200, body: { status: 'canceled', amountCaptured: 0 } });
    const late = await http.call(me, 'POST', `/v1/payments/${second.id}/capture`);
    expect(late).toMatchObject({ status: 409, body: { code: 'payments.wrong_status' } });
  });

  it('refuse null and text that is no Unicode where a value may only be absent', async () => {
    const me = newId('usr');
    const { id } = (await pay(me, { capture: 'manual' })).body;
    const calls = [
      ...[{ capture: null }, { metadata: null }, { metadata: { note: '\ud800' } }].map((change) =>
        pay(me, change),
      ),
      http.call(me, 'POST', `/v1/payments/${id}/capture`, { amount: null }),
      http.call(me, 'POST', `/v1/payments/${id}/refunds`, { amount: null }),
      http.call(me, 'POST', `/v1/payments/${id}/refunds`, { reason: null }),
      http.call(me, 'POST', `/v1/payments/${id}/refunds`, { reason: '\udc00' }),
    ];
    expect((await Promise.all(calls)).map(({ status }) => status)).toEqual(calls.map(() => 400));
  });

  it('list what is mine, newest first, page by page', async () => {
    const me = newId('usr');
    await pay(newId('usr'));
    const ids: string[] = [];
    for (let index = 0; index < 5; index += 1)
      ids.unshift((await pay(me, { metadata: { index: `${index}` } })).body.id);
    const seen: string[] = [];
    for (let cursor = ''; ;) {
      const { body } = await http.call(me, 'GET', `/v1/payments?limit=2${cursor}`);
      seen.push(...body.items.map(({ id }) => id));
      expect(body.items.every(({ metadata }) => metadata !== null)).toBe(true);
      if (body['nextCursor'] === null) break;
      cursor = `&cursor=${body['nextCursor'] as string}`;
    }
    expect(seen).toEqual(ids);
  });

  it('let administrators with the permission, and only those, work on the payments of all', async () => {
    const me = newId('usr');
    const { body: payment } = await pay(me, { capture: 'manual', metadata: { a: 'b' } });
    const path = `/v1/admin/payments/${payment.id}`;
    const admin = `${newId('usr')} payments.read payments.capture payments.refund`;
    const list = await http.call(admin, 'GET', `/v1/admin/payments?customerId=${me}&status=requires_capture`);
    expect(list.body.items).toEqual([expect.objectContaining({ id: payment.id })]);
    expect(list.body.items[0]).not.toHaveProperty('metadata');
    expect((await http.call(admin, 'GET', path)).body).toEqual(payment);
    expect(await http.call(admin, 'POST', `${path}/capture`, {})).toMatchObject({
      body: { status: 'succeeded' },
    });
    expect(await http.call(admin, 'POST', `${path}/refunds`, { amount: 1 })).toMatchObject({ status: 201 });
    expect(await http.call(admin, 'GET', `${path}/refunds`)).toMatchObject({ status: 200 });
    expect(await http.call(admin, 'POST', `${path}/cancel`)).toMatchObject({ status: 403 });
    for (const url of [
      '/v1/admin/payments',
      path,
      `${path}/refunds`,
      '/v1/admin/ledger/balances',
      '/v1/admin/ledger/transfers',
    ]) {
      expect(await http.call(me, 'GET', url)).toMatchObject({ status: 403 });
    }
    const accountant = `${newId('usr')} ledger.read`;
    const transfers = await http.call(
      accountant,
      'GET',
      `/v1/admin/ledger/transfers?referenceId=${payment.id}`,
    );
    expect(transfers.body.items).toMatchObject([
      { debit: 'gateway:sandbox', credit: 'sales', amount: 1999, currency: 'EUR', reason: 'payment.capture' },
    ]);
    const balances = await http.call(accountant, 'GET', '/v1/admin/ledger/balances');
    const total = balances.body.items
      .filter(({ currency }) => currency === 'EUR')
      .reduce((sum, { balance }) => sum + BigInt(String(balance)), 0n);
    expect(total).toBe(0n);
  });

  describe('by webhook', () => {
    it.each([
      ['approved', 'succeeded', 1],
      ['declined', 'failed', 0],
    ])('settle as %s, once, what the gateway tells before it answers', async (outcome, status, booked) => {
      const me = newId('usr');
      const metadata = { order: '9' };
      const key = newId('key');
      const gateway = http.get(SandboxGateway);
      vi.spyOn(gateway, 'authorise').mockImplementationOnce(async ({ paymentId, amountMinor }) => {
        expect((await complete(paymentId, outcome)).statusCode).toBe(204);
        return { result: 'captured', gatewayReference: `sandbox_${paymentId}`, amountMinor };
      });
      const paid = await pay(me, { metadata }, key);
      expect(paid).toMatchObject({ status: 201, body: { status, metadata } });
      expect(await pay(me, { metadata }, key)).toMatchObject({ replayed: 'true', body: paid.body });
      const accountant = `${newId('usr')} ledger.read`;
      const { id } = paid.body;
      const transfers = await http.call(accountant, 'GET', `/v1/admin/ledger/transfers?referenceId=${id}`);
      expect(transfers.body.items).toHaveLength(booked);
      expect(await ordered(me)).toBe(0);
    });

    it.each([
      ['approved', 'automatic', 'succeeded'],
      ['approved', 'manual', 'requires_capture'],
      ['declined', 'automatic', 'failed'],
    ])('complete an action that was %s, with %s capture, as %s; once', async (outcome, capture, status) => {
      const me = newId('usr');
      const { body } = await pay(me, { paymentMethod: 'pm_card_needs_action', capture });
      expect(body).toMatchObject({ status: 'requires_action', nextAction: { type: 'sandbox_webhook' } });
      expect((await complete(body.id, outcome, 'not-the-right-secret')).statusCode).toBe(401);
      const calls = await Promise.all([complete(body.id, outcome), complete(body.id, outcome)]);
      expect(calls.map(({ statusCode }) => statusCode)).toEqual([204, 204]);
      expect((await complete(body.id, 'declined')).statusCode).toBe(204);
      const { body: after } = await http.call(me, 'GET', `/v1/payments/${body.id}`);
      expect(after).toMatchObject({ status, nextAction: null });
    });

    it('know neither other gateways nor payments that do not exist', async () => {
      const unknown = await http.inject({ method: 'POST', url: '/v1/webhooks/stripe', payload: {} });
      expect(unknown.json()).toMatchObject({ status: 404, code: 'payments.unknown_gateway' });
      expect((await complete(newId('pay'), 'approved')).statusCode).toBe(404);
      expect((await complete("'; --", 'approved')).statusCode).toBe(404);
    });

    it('decide nothing about a capture under way, which only the gateway knows', async () => {
      const me = newId('usr');
      const order = { paymentMethod: 'pm_card_capture_timeout', capture: 'manual' };
      const { id } = (await pay(me, order)).body;
      const { body } = await http.call(me, 'POST', `/v1/payments/${id}/capture`);
      expect(body).toMatchObject({ status: 'processing' });
      for (const outcome of ['declined', 'approved']) {
        expect((await complete(id, outcome)).statusCode).toBe(204);
        expect((await http.call(me, 'GET', `/v1/payments/${id}`)).body).toEqual(body);
      }
    });

    it('refuse what is not signed', async () => {
      const bare = await http.inject({ method: 'POST', url: '/v1/webhooks/sandbox' });
      expect(bare.json()).toMatchObject({ status: 401, code: 'payments.webhook_not_genuine' });
    });
  });

  it('call the gateway outside any unit of work, with nothing uncommitted', async () => {
    const me = newId('usr');
    const gateway = http.get(SandboxGateway);
    const authorise = gateway.authorise.bind(gateway);
    let seen = 0;
    vi.spyOn(gateway, 'authorise').mockImplementation(async (operation) => {
      seen = await ordered(me);
      return authorise(operation);
    });
    await pay(me);
    expect(seen).toBe(1);
  });

  it('are described with an operation id, a summary, a response and the permission each', () => {
    const { paths } = buildOpenApi(http.app);
    const operations = Object.entries(paths)
      .filter(([path]) => /payments|ledger|webhooks/.test(path))
      .flatMap(([, item]) => [item.get, item.post].filter((each) => each !== undefined));
    const permissions = Object.fromEntries(
      operations.map((each) => [each.operationId, (each as { 'x-permission'?: string })['x-permission']]),
    );
    expect(permissions).toEqual({
      createPayment: undefined,
      listPayments: undefined,
      getPayment: undefined,
      capturePayment: undefined,
      cancelPayment: undefined,
      refundPayment: undefined,
      listRefunds: undefined,
      listAllPayments: 'payments.read',
      getAnyPayment: 'payments.read',
      captureAnyPayment: 'payments.capture',
      cancelAnyPayment: 'payments.cancel',
      refundAnyPayment: 'payments.refund',
      listRefundsOfAnyPayment: 'payments.read',
      listBalances: 'ledger.read',
      listTransfers: 'ledger.read',
      receiveWebhook: undefined,
    });
    for (const each of operations) expect(each.summary).toBeTruthy();
  });
});
