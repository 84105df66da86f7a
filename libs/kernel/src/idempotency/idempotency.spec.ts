import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BootedHttp, bootTestHttp, describeOnEveryDialect } from '#kernel/testing';
import { Database } from '../database/database.js';
import { Authenticator, UnitRecorder, ValueSealer } from '../ports/ports.js';
import { Clock } from '../time/clock.js';
import { IdempotencyStore } from './idempotency-store.js';
import { Idempotency } from './idempotency.service.js';
import {
  deferred,
  gate,
  GiftOrdersController,
  ListRecorder,
  MovableClock,
  OrdersController,
  ordersRoom,
  raced,
  refusals,
  UserHeader,
} from './testing/orders.js';

describeOnEveryDialect('an idempotent route', (dialect) => {
  let http: BootedHttp;
  let count = 0;
  beforeAll(async () => {
    http = await bootTestHttp({
      dialect,
      imports: [ordersRoom()],
      controllers: [OrdersController, GiftOrdersController],
      ports: {
        authenticator: { provide: Authenticator, useClass: UserHeader },
        recorder: { provide: UnitRecorder, useClass: ListRecorder },
      },
    });
  });
  afterAll(() => http.close());
  beforeEach(() => {
    refusals.length = 0;
    gate.reached = deferred();
    gate.open = deferred();
  });

  const newKey = () => `key-${dialect}-${(count += 1)}`;
  const send = (path: string, key: string | undefined, item: string, headers: Record<string, string> = {}) =>
    http.inject({
      method: 'POST',
      url: `/v1/orders/${path}`,
      headers: { ...(key === undefined ? {} : { 'idempotency-key': key }), ...headers },
      payload: { item },
    });
  const query = (sql: string, parameters: unknown[] = []) =>
    http.app.get(Database, { strict: false }).query(sql, parameters);
  const orders = async (item: string) =>
    (await query('SELECT id FROM toy_order WHERE item = ?', [item])).length;
  const records = async () => Number((await query('SELECT COUNT(*) AS n FROM idempotency_record'))[0]?.['n']);

  it('needs a key of printable characters', async () => {
    const missing = await send('one-unit', undefined, 'a');
    expect([missing.statusCode, missing.json()]).toMatchObject([
      400,
      { code: 'kernel.idempotency_key_missing' },
    ]);
    const bad = await send('one-unit', 'a b', 'a');
    expect([bad.statusCode, bad.json()]).toMatchObject([400, { code: 'kernel.idempotency_key_invalid' }]);
  });

  it.each([
    ['one-unit', 201],
    ['plain', 202],
  ] as const)('has its effect once and replays status and body exactly (%s)', async (path, status) => {
    const key = newKey();
    const first = await send(path, key, key);
    const second = await send(path, key, key);
    expect([first.statusCode, second.statusCode]).toEqual([status, status]);
    expect(second.body).toBe(first.body);
    expect(second.headers['content-type']).toBe(first.headers['content-type']);
    expect([first.headers['idempotent-replayed'], second.headers['idempotent-replayed']]).toEqual([
      undefined,
      'true',
    ]);
    expect(await orders(key)).toBe(1);
  });

  it('replays an empty answer too', async () => {
    const key = newKey();
    const first = await send('nothing', key, key);
    const second = await send('nothing', key, key);
    expect([first.statusCode, first.body, second.statusCode, second.body]).toEqual([201, '', 201, '']);
    expect(second.headers['idempotent-replayed']).toBe('true');
  });

  it('takes a method that an idempotent one calls for a part of it', async () => {
    const key = newKey();
    const first = await send('gifts/plain', key, key);
    const second = await send('gifts/plain', key, key);
    expect([first.statusCode, first.json()]).toMatchObject([201, { isGift: true }]);
    expect([second.body, second.headers['idempotent-replayed']]).toEqual([first.body, 'true']);
    expect(await orders(key)).toBe(1);
  });

  it('refuses the same key for another body, and keeps keys of principals and routes apart', async () => {
    const key = newKey();
    await send('one-unit', key, key);
    const other = await send('one-unit', key, `${key}-other`);
    expect([other.statusCode, other.json()]).toMatchObject([422, { code: 'kernel.idempotency_key_reused' }]);
    expect(
      (await send('one-unit', key, key, { 'x-user': 'usr_two' })).headers['idempotent-replayed'],
    ).toBeUndefined();
    expect((await send('plain', key, key)).headers['idempotent-replayed']).toBeUndefined();
    expect(await orders(key)).toBe(3);
  });

  it('tells a duplicate to wait while the first request still runs, and replays afterwards', async () => {
    const key = newKey();
    const first = send('two-units', key, key);
    void first.then(() => undefined);
    await gate.reached.promise;
    const early = await send('two-units', key, key);
    expect([early.statusCode, early.json()]).toMatchObject([409, { code: 'kernel.idempotency_in_progress' }]);
    gate.open.resolve();
    const answer = await first;
    expect(answer.statusCode).toBe(201);
    expect((await send('two-units', key, key)).body).toBe(answer.body);
    expect([await orders(key), await orders(`${key}-2`)]).toEqual([1, 1]);
  });

  it('has one effect when many duplicates arrive at once, and all of them get the same answer or a 409', async () => {
    const key = newKey();
    const answers = await Promise.all(Array.from({ length: 8 }, () => send('one-unit', key, key)));
    expect(await orders(key)).toBe(1);
    const done = answers.filter(({ statusCode }) => statusCode === 201);
    expect(done.length).toBeGreaterThanOrEqual(1);
    expect(new Set(done.map(({ body }) => body)).size).toBe(1);
    expect(done.filter(({ headers }) => headers['idempotent-replayed'] === undefined)).toHaveLength(1);
    for (const { statusCode } of answers) expect([201, 409]).toContain(statusCode);
    expect(refusals).toEqual([]);
  });

  it('gives who loses the race for a key the answer of the winner, and puts nothing on the record about it', async () => {
    const key = newKey();
    const start = deferred();
    Object.assign(raced, { entered: 0, start: start.promise });
    const both = Promise.all([send('raced', key, key), send('raced', key, key)]);
    await vi.waitFor(() => expect(raced.entered).toBe(2), 20_000);
    start.resolve();
    const answers = await both;
    expect(answers.map(({ statusCode }) => statusCode)).toEqual([201, 201]);
    expect(answers[0]?.body).toBe(answers[1]?.body);
    expect(answers.filter(({ headers }) => headers['idempotent-replayed'] === 'true')).toHaveLength(1);
    expect(await orders(key)).toBe(1);
    expect(refusals).toEqual([]);
  });

  it('keeps nothing of a refused request, so that it may be tried again', async () => {
    const key = newKey();
    const before = await records();
    expect((await send('refused', key, key)).statusCode).toBe(409);
    expect((await send('refused', key, key)).headers['idempotent-replayed']).toBeUndefined();
    expect([await orders(key), await records()]).toEqual([0, before]);
    expect(refusals).toHaveLength(2);
  });

  it('keeps a refusal that comes after the first effect', async () => {
    const key = newKey();
    const first = await send('refused-late', key, key);
    const second = await send('refused-late', key, key);
    expect([first.statusCode, first.json()]).toMatchObject([409, { code: 'orders.sold_out' }]);
    expect([second.statusCode, second.body]).toEqual([409, first.body]);
    expect(second.headers).toMatchObject({
      'content-type': 'application/problem+json; charset=utf-8',
      'idempotent-replayed': 'true',
    });
    expect(await orders(key)).toBe(1);
  });

  it('never executes again what crashed after its first effect, and answers once a resolver has finished it', async () => {
    const key = newKey();
    expect((await send('crashed-late', key, key)).statusCode).toBe(500);
    expect((await send('crashed-late', key, key)).json()).toMatchObject({
      code: 'kernel.idempotency_in_progress',
    });
    const [running] = await query(
      'SELECT id FROM idempotency_record WHERE id NOT IN (SELECT id FROM idempotency_answer)',
    );
    await http.app
      .get(Idempotency, { strict: false })
      .completeRecord(String(running?.['id']), 201, { id: 'resolved' });
    const answer = await send('crashed-late', key, key);
    expect([answer.statusCode, answer.body]).toEqual([201, '{"id":"resolved"}']);
    expect(await orders(key)).toBe(1);
  });

  it('replays the same for ever, also when a request that was taken for dead ends after its resolver', async () => {
    const key = newKey();
    const slow = send('two-units', key, key);
    void slow.then(() => undefined);
    await gate.reached.promise;
    const [running] = await query(
      'SELECT id FROM idempotency_record WHERE id NOT IN (SELECT id FROM idempotency_answer) ORDER BY id DESC',
    );
    const idempotency = http.app.get(Idempotency, { strict: false });
    await idempotency.completeRecord(String(running?.['id']), 201, { id: 'resolved' });
    const told = (await send('two-units', key, key)).body;
    gate.open.resolve();
    await slow;
    expect([told, (await send('two-units', key, key)).body]).toEqual(Array(2).fill('{"id":"resolved"}'));
  });

  it('keeps the answer sealed and neither key nor body in clear', async () => {
    const key = newKey();
    await send('one-unit', key, 'a-telling-item');
    const rows = await query('SELECT scope, fingerprint, principal_id FROM idempotency_record');
    expect(JSON.stringify(rows)).not.toMatch(new RegExp(`${key}|a-telling-item`));
  });
});

describe('an idempotency key', () => {
  it('is free again when its record is removed after 24 hours', async () => {
    const clock = new MovableClock();
    const http = await bootTestHttp({
      imports: [ordersRoom()],
      controllers: [OrdersController],
      ports: { authenticator: { provide: Authenticator, useClass: UserHeader } },
    });
    try {
      Object.assign(http.app.get(Clock, { strict: false }), { now: () => clock.now() });
      const send = () =>
        http.inject({
          method: 'POST',
          url: '/v1/orders/one-unit',
          headers: { 'idempotency-key': 'k' },
          payload: { item: 'i' },
        });
      const first = await send();
      clock.aheadMs = 24 * 3_600_000 - 5000;
      expect((await send()).body).toBe(first.body);
      clock.aheadMs = 24 * 3_600_000 + 1000;
      await http.app.get(IdempotencyStore, { strict: false }).removeExpired();
      const later = await send();
      expect(later.headers['idempotent-replayed']).toBeUndefined();
      expect(later.body).not.toBe(first.body);
      clock.aheadMs = 49 * 3_600_000;
      await http.app.get(IdempotencyStore, { strict: false }).removeExpired();
      const left = await http.app
        .get(Database, { strict: false })
        .query('SELECT id FROM idempotency_record UNION ALL SELECT id FROM idempotency_answer');
      expect(left).toEqual([]);
    } finally {
      await http.close();
    }
  });

  it('costs a request nothing when its answer cannot be sealed: the effect stands, and is not repeated', async () => {
    class ErasedSealer extends ValueSealer {
      async prepare(): Promise<void> {}
      seal(): void {
        throw new Error('the key is destroyed');
      }
      async reveal(): Promise<Record<string, unknown>> {
        return { answerBody: null };
      }
    }
    const http = await bootTestHttp({
      imports: [ordersRoom()],
      controllers: [OrdersController],
      ports: {
        authenticator: { provide: Authenticator, useClass: UserHeader },
        sealer: { provide: ValueSealer, useClass: ErasedSealer },
      },
    });
    try {
      const request = {
        method: 'POST',
        url: '/v1/orders/plain',
        headers: { 'idempotency-key': 'k' },
        payload: { item: 'i' },
      } as const;
      expect((await http.inject(request)).statusCode).toBe(202);
      const again = await http.inject(request);
      expect([again.statusCode, again.json()]).toMatchObject([409, { code: 'kernel.conflict' }]);
    } finally {
      await http.close();
    }
  });
});
