import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import { bootAuth, type AuthApp } from '../testing/index.js';

describeOnEveryDialect('limits of logging in', (dialect) => {
  let auth: AuthApp;

  beforeAll(async () => {
    auth = await bootAuth(dialect, {
      AUTH_LIMIT_LOGIN_CLIENT_ADDRESS: '3/3600',
      AUTH_LIMIT_LOGIN_STRANGERS: '7/3600',
      AUTH_LIMIT_LOGIN_DEVICE: '2/3600',
    });
  });
  afterAll(() => auth.close());

  const logInFrom = async (remoteAddress: string, email: string, password: string, deviceToken?: string) => {
    const payload = { email, password, deviceToken };
    const answer = await auth.app.inject({ method: 'POST', url: '/v1/auth/login', remoteAddress, payload });
    return answer.statusCode;
  };
  /** Many machines, each of which stays below its own limit. */
  const flood = async (email: string) => {
    const statuses: number[] = [];
    for (let machine = 0; machine < 4; machine += 1) {
      const guess = () => logInFrom(`198.51.100.${machine}`, email, 'wrong password');
      statuses.push(await guess(), await guess());
    }
    return statuses;
  };

  it('let the person in whose address somebody else is trying', async () => {
    await auth.register('victim@example.com');
    for (let guess = 0; guess < 5; guess += 1) await auth.logIn('victim@example.com', 'wrong password');
    expect((await auth.logIn('victim@example.com')).status).toBe(429);
    expect(await logInFrom('192.0.2.1', 'victim@example.com', auth.password)).toBe(200);
  });

  it('count strangers together, whether or not the address has an account', async () => {
    await auth.register('flooded@example.com');
    const known = await flood('flooded@example.com');
    expect(known).toEqual([401, 401, 401, 401, 401, 401, 401, 429]);
    expect(await flood('nobody-flooded@example.com')).toEqual(known);
    expect(await logInFrom('192.0.2.2', 'flooded@example.com', auth.password)).toBe(429);
  });

  it('know a device by a refresh token of a session that is over, and count it by itself', async () => {
    const { accessToken, refreshToken } = await auth.registerAndLogIn('device@example.com');
    await auth.call('POST', '/v1/auth/logout', { token: accessToken });
    await flood('device@example.com');
    const logIn = (password: string) => logInFrom('192.0.2.3', 'device@example.com', password, refreshToken);
    expect([await logIn('wrong password'), await logIn(auth.password), await logIn(auth.password)]).toEqual([
      401, 200, 429,
    ]);
  });

  it('know a person by the token with which they have reset the password', async () => {
    await auth.register('reset@example.com');
    await auth.mailsTo('reset@example.com');
    await auth.call('POST', '/v1/auth/password-reset', { body: { email: 'reset@example.com' } });
    const [mail] = await auth.mailsTo('reset@example.com');
    await flood('reset@example.com');
    const password = 'a password that is new';
    const logIn = () => logInFrom('192.0.2.4', 'reset@example.com', password, mail!.token);
    expect(await logIn()).toBe(429);
    await auth.call('POST', '/v1/auth/password-reset/confirm', {
      body: { token: mail!.token, newPassword: password },
    });
    expect(await logIn()).toBe(200);
  });

  it('do not take the token of somebody else for an acquaintance', async () => {
    const { refreshToken } = await auth.registerAndLogIn('thief@example.com');
    await auth.register('prey@example.com');
    await flood('prey@example.com');
    expect(await logInFrom('192.0.2.5', 'prey@example.com', auth.password, refreshToken)).toBe(429);
    expect(await logInFrom('192.0.2.5', 'prey@example.com', auth.password, 'made up')).toBe(429);
  });
});
