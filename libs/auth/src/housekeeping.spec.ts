import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Clock } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { Housekeeping } from './housekeeping.js';
import { bootAuth, type AuthApp } from './testing/index.js';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;

describeOnEveryDialect('housekeeping', (dialect) => {
  let auth: AuthApp;
  let housekeeping: Housekeeping;

  beforeAll(async () => {
    auth = await bootAuth(dialect);
    housekeeping = auth.app.get(Housekeeping, { strict: false });
  });

  afterAll(() => auth.close());

  /** Runs `work` as if so much time had passed. */
  async function later<T>(ms: number, work: () => Promise<T>): Promise<T> {
    const clock = vi.spyOn(auth.app.get(Clock, { strict: false }), 'now');
    clock.mockImplementation(() => new Date(Date.now() + ms));
    try {
      return await work();
    } finally {
      clock.mockRestore();
    }
  }

  const count = async (table: string, where = '1 = 1', values: unknown[] = []) => {
    const [row] = await auth.database.query<{ n: number | string }>(
      `SELECT COUNT(*) AS n FROM ${table} WHERE ${where}`,
      values,
    );
    return Number(row?.n);
  };

  it('forgets registrations that nobody verified, and destroys their keys', async () => {
    const kept = await auth.register('kept@example.com');
    await auth.call('POST', '/v1/auth/register', {
      body: { email: 'expired@example.com', password: auth.password, name: 'Expired' },
    });
    const [mail] = await auth.mailsTo('expired@example.com');
    const [pending] = await auth.database.query<{ user_id: string }>(
      'SELECT user_id FROM pending_registration',
    );
    await later(23 * HOUR_MS, () => housekeeping.expireRegistrations());
    expect(await count('pending_registration')).toBe(1);
    await later(25 * HOUR_MS, () => housekeeping.expireRegistrations());
    expect(await count('pending_registration')).toBe(0);
    const keyOf = (id: string | undefined) =>
      count('subject_key', 'subject_id = ? AND wrapped_key IS NOT NULL', [id]);
    expect(await keyOf(pending?.user_id)).toBe(0);
    expect(await keyOf(kept)).toBe(2);
    const late = await auth.call('POST', '/v1/auth/verify-email', { body: { token: mail?.token } });
    expect(late.status).toBe(400);
  });

  it('does not accept a link that has expired, even before it is removed', async () => {
    await auth.call('POST', '/v1/auth/register', {
      body: { email: 'tardy@example.com', password: auth.password, name: 'Tardy' },
    });
    const [mail] = await auth.mailsTo('tardy@example.com');
    const verify = () => auth.call('POST', '/v1/auth/verify-email', { body: { token: mail?.token } });
    expect((await later(25 * HOUR_MS, verify)).status).toBe(400);
    expect((await verify()).status).toBe(200);
  });

  it('ends what is not used: refresh tokens after two weeks, sessions after a month', async () => {
    const { refreshToken, accessToken } = await auth.registerAndLogIn('idle@example.com');
    expect((await later(15 * DAY_MS, () => auth.refresh(refreshToken))).status).toBe(401);
    expect(await later(11 * 60_000, () => auth.me(accessToken))).toBe(401);
    expect(await auth.me(accessToken)).toBe(200);
  });

  it('removes sessions and resets a month after their end', async () => {
    const { userId } = await auth.registerAndLogIn('old@example.com');
    await auth.call('POST', '/v1/auth/password-reset', { body: { email: 'old@example.com' } });
    const left = async () => [
      await count('session', 'user_id = ?', [userId]),
      await count('refresh_token', 'user_id = ?', [userId]),
      await count('password_reset', 'user_id = ?', [userId]),
    ];
    await later(29 * DAY_MS, () => housekeeping.removeOld());
    expect(await left()).toEqual([1, 1, 1]);
    await later(61 * DAY_MS, () => housekeeping.removeOld());
    expect(await left()).toEqual([0, 0, 0]);
  });
});
