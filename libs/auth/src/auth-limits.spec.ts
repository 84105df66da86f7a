import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import { bootAuth, type AuthApp } from './testing/index.js';

describeOnEveryDialect('rate limits of the auth routes', (dialect) => {
  let auth: AuthApp;

  beforeAll(async () => {
    auth = await bootAuth(dialect, {
      AUTH_LIMIT_LOGIN_CLIENT_ADDRESS: '3/3600',
      AUTH_LIMIT_REGISTER_CLIENT: '4/3600',
      AUTH_LIMIT_RESET_ADDRESS: '1/3600',
      AUTH_LIMIT_PASSWORD_ACCOUNT: '2/3600',
    });
  });

  afterAll(() => auth.close());

  const times = async (count: number, work: () => Promise<{ status: number }>) => {
    const statuses: number[] = [];
    for (let index = 0; index < count; index += 1) statuses.push((await work()).status);
    return statuses;
  };

  it('count tries to log in by client and account, however it is written, and whether or not it exists', async () => {
    await auth.register('limited@example.com');
    const spellings = [
      'limited@example.com',
      'Limited@example.com',
      ' LIMITED@example.com',
      'limited@example.com',
    ];
    const tries = spellings.values();
    const known = await times(4, () => auth.logIn(tries.next().value ?? '', 'wrong password'));
    const unknown = await times(4, () => auth.logIn('nobody@example.com', 'wrong password'));
    expect(known).toEqual([401, 401, 401, 429]);
    expect(unknown).toEqual(known);
    expect((await auth.logIn('limited@example.com')).status).toBe(429);
    expect((await auth.logIn('somebody-else@example.com')).status).toBe(401);
  });

  it('tell when to come back', async () => {
    await times(3, () => auth.logIn('later@example.com', 'wrong password'));
    const { body, headers } = await auth.logIn('later@example.com', 'wrong password');
    expect(body).toMatchObject({ code: 'kernel.rate_limited' });
    expect(Number(headers['retry-after'])).toBeGreaterThan(0);
  });

  it('count by client, however many addresses an IPv6 client takes from its network', async () => {
    const register = async (remoteAddress: string, index: number) => {
      const payload = { email: `six-${index}@example.com`, password: auth.password, name: 'Six' };
      const answer = await auth.app.inject({
        method: 'POST',
        url: '/v1/auth/register',
        remoteAddress,
        payload,
      });
      return answer.statusCode;
    };
    const statuses: number[] = [];
    for (let index = 0; index < 5; index += 1) statuses.push(await register(`2001:db8::${index}`, index));
    expect(statuses).toEqual([202, 202, 202, 202, 429]);
    expect(await register('2001:db8:0:1::1', 5)).toBe(202);
  });

  it('count mails asked for by address', async () => {
    const ask = () => auth.call('POST', '/v1/auth/password-reset', { body: { email: 'mail@example.com' } });
    expect(await times(2, ask)).toEqual([202, 429]);
  });

  it('count guesses of the current password by account', async () => {
    const { accessToken } = await auth.registerAndLogIn('guess@example.com');
    const guess = () =>
      auth.call('POST', '/v1/auth/password', {
        token: accessToken,
        body: { currentPassword: 'a guess', newPassword: 'a better password' },
      });
    expect(await times(3, guess)).toEqual([403, 403, 429]);
  });

  it('count registrations by client', async () => {
    let number = 0;
    const register = () =>
      auth.call('POST', '/v1/auth/register', {
        body: { email: `client-${(number += 1)}@example.com`, password: auth.password, name: 'Client' },
      });
    expect((await times(4, register)).at(-1)).toBe(429);
  });

  it('keep no address in clear', async () => {
    const rows = await auth.database.query('SELECT * FROM rate_limit');
    expect(rows.length).toBeGreaterThan(0);
    expect(JSON.stringify(rows)).not.toMatch(/example\.com|203\.0\.113/);
  });
});
