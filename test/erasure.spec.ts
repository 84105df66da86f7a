import 'reflect-metadata';
import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import PostalMime from 'postal-mime';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AuditModule } from '#audit';
import { AuthModule } from '#auth';
import { Database, newId, OutboxRelay } from '#kernel';
import { type BootedHttp, bootTestHttp, describeOnEveryDialect } from '#kernel/testing';
import { LedgerModule } from '#ledger';
import { PaymentsModule } from '#payments';
import { PrivacyModule } from '#privacy';
import { UsersModule } from '#users';
import { VaultModule } from '#vault';
import { dump } from './support/dump.js';

const EMAIL = 'Wilhelmina.Zylberstajn@Nowhere-Else.example';
const NAME = 'Wilhelmina Żylbersztajn';
const ADDRESS = '203.0.113.77';
const BROWSER = 'Netscape Navigator 4.08 of Wilhelmina';
const NOTE = 'a present for aunt Hildegard';
const PASSWORD = 'correct horse battery staple';

interface Keys {
  wrapped: string[];
  digests: string[];
}

describeOnEveryDialect('a person who registered, logged in, paid and was erased', (dialect) => {
  let http: BootedHttp;
  let userId: string;
  let accessToken: string;
  let keys: Keys;
  const seen = new Set<string>();

  beforeAll(async () => {
    http = await bootTestHttp({
      dialect,
      environment: { ARGON2_MEMORY_KIB: '8', ARGON2_PASSES: '1', TRUST_PROXY: '1' },
      imports: [
        VaultModule,
        AuditModule,
        PrivacyModule,
        UsersModule,
        AuthModule,
        LedgerModule,
        PaymentsModule,
      ],
    });
    await live();
  });
  afterAll(() => http?.close());

  const database = () => http.app.get(Database, { strict: false });

  async function call(method: 'GET' | 'POST' | 'PATCH', url: string, payload?: object, headers = {}) {
    const answer = await http.inject({
      method,
      url,
      headers: {
        'user-agent': BROWSER,
        'x-forwarded-for': ADDRESS,
        ...(accessToken ? { authorization: `Bearer ${accessToken}` } : {}),
        ...headers,
      },
      ...(payload ? { payload } : {}),
    });
    return { status: answer.statusCode, text: answer.payload, json: <T>() => answer.json<T>() };
  }

  /** Does everything that leaves personal data somewhere. */
  async function live(): Promise<void> {
    userId = await register();
    await call('POST', '/v1/auth/login', { email: EMAIL, password: 'not the password' });
    const login = await call('POST', '/v1/auth/login', { email: EMAIL, password: PASSWORD });
    accessToken = login.json<{ accessToken: string }>().accessToken;
    const order = {
      amount: 1999,
      currency: 'EUR',
      paymentMethod: 'pm_card_success',
      metadata: { note: NOTE },
    };
    const paid = await call('POST', '/v1/payments', order, { 'idempotency-key': newId('key') });
    expect(paid.status).toBe(201);
    await call('POST', '/v1/auth/password-reset', { email: EMAIL });
    await mailedToken();
    keys = await keysOf(userId);
  }

  async function register(): Promise<string> {
    await call('POST', '/v1/auth/register', { email: EMAIL, password: PASSWORD, name: NAME });
    const verified = await call('POST', '/v1/auth/verify-email', { token: await mailedToken() });
    return verified.json<{ userId: string }>().userId;
  }

  /** The token in the one mail that came since the last call. */
  async function mailedToken(): Promise<string> {
    await http.app.get(OutboxRelay, { strict: false }).drain();
    const folder = join(http.database.dataDir, 'mail');
    const fresh = (await readdir(folder)).filter((file) => file.endsWith('.eml') && !seen.has(file));
    for (const file of fresh) seen.add(file);
    expect(fresh).toHaveLength(1);
    const { text = '' } = await PostalMime.parse(await readFile(join(folder, fresh[0]!)));
    return decodeURIComponent(/token=([^\s&]+)/.exec(text)![1]!);
  }

  async function keysOf(subject: string): Promise<Keys> {
    const wrapped = await database().query<{ wrapped_key: string | null }>(
      `SELECT wrapped_key FROM subject_key WHERE subject_id = ? AND retention <> 'accounting'`,
      [subject],
    );
    const digests = await database().query<{ digest: string }>(
      'SELECT digest FROM blind_index WHERE subject_id = ?',
      [subject],
    );
    return {
      wrapped: wrapped.flatMap(({ wrapped_key: key }) => key ?? []),
      digests: digests.map(({ digest }) => digest),
    };
  }

  it('can take everything along before', async () => {
    const { status, text } = await call('GET', '/v1/users/me/export');
    expect(status).toBe(200);
    for (const known of [EMAIL, NAME, ADDRESS, BROWSER, NOTE]) expect(text).toContain(known);
    expect(text).not.toContain(PASSWORD);
  });

  it('has keys and digests in the database, but nothing in clear', async () => {
    const found = await dump(http.database);
    expect(keys.wrapped).toHaveLength(2);
    expect(keys.digests).toHaveLength(1);
    for (const key of [...keys.wrapped, ...keys.digests]) expect(found.placesOf(key)).not.toEqual([]);
    for (const clear of [EMAIL, NAME, ADDRESS, BROWSER, NOTE, PASSWORD])
      expect(found.placesOf(clear)).toEqual([]);
    // The search itself finds what is there, also inside bytes and images of rows.
    expect(found.placesOf(userId).length).toBeGreaterThan(3);
  });

  it('leaves no trace of who it was, nor of the key, in any table or file', async () => {
    const { status } = await call('POST', '/v1/users/me/erasure');
    expect(status).toBe(200);
    const found = await dump(http.database);
    for (const clear of [EMAIL, NAME, ADDRESS, BROWSER, NOTE, PASSWORD])
      expect(found.placesOf(clear)).toEqual([]);
    for (const key of [...keys.wrapped, ...keys.digests]) expect(found.placesOf(key)).toEqual([]);
    expect(await keysOf(userId)).toEqual({ wrapped: [], digests: [] });
  });

  it('is logged out, cannot come back, and the address is free for somebody new', async () => {
    expect((await call('GET', '/v1/users/me')).status).toBe(401);
    accessToken = '';
    const login = await call('POST', '/v1/auth/login', { email: EMAIL, password: PASSWORD });
    expect(login.status).toBe(401);
    const successor = await register();
    expect(successor).toMatch(/^usr_/);
    expect(successor).not.toBe(userId);
  });

  it('stays in the books', async () => {
    const [{ payments, transfers } = { payments: 0, transfers: 0 }] = await database().query<
      Record<string, number>
    >(
      'SELECT (SELECT COUNT(*) FROM payment WHERE customer_id = ?) AS payments, (SELECT COUNT(*) FROM transfer) AS transfers',
      [userId],
    );
    expect(Number(payments)).toBe(1);
    expect(Number(transfers)).toBeGreaterThan(0);
  });
});
