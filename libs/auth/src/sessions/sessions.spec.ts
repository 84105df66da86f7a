import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Clock, UnitOfWork } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { bootAuth, CLIENT_ADDRESS, type AuthApp } from '../testing/index.js';

describeOnEveryDialect('sessions', (dialect) => {
  let auth: AuthApp;

  beforeAll(async () => {
    auth = await bootAuth(dialect);
  });

  afterAll(() => auth.close());

  it('gives exactly one successor to many refreshes at once, and leaves the session alive', async () => {
    const { refreshToken, userId } = await auth.registerAndLogIn('parallel@example.com');
    const answers = await Promise.all(Array.from({ length: 12 }, () => auth.refresh(refreshToken)));
    const winners = answers.filter(({ status }) => status === 200);
    expect(winners).toHaveLength(1);
    expect(answers.filter(({ status }) => status === 401)).toHaveLength(11);
    const tokens = await auth.database.query('SELECT spent_at FROM refresh_token WHERE user_id = ?', [
      userId,
    ]);
    expect(tokens).toHaveLength(2);
    const [winner] = winners;
    expect(await auth.me(winner?.body.accessToken ?? '')).toBe(200);
    expect((await auth.refresh(winner?.body.refreshToken ?? '')).status).toBe(200);
  });

  it('ends the session when a refresh token is used again later', async () => {
    const first = await auth.registerAndLogIn('reuse@example.com');
    const second = (await auth.refresh(first.refreshToken)).body;
    expect(await auth.me(second.accessToken)).toBe(200);
    const replay = await auth.refresh(first.refreshToken);
    expect(replay.status).toBe(401);
    expect(replay.body).toMatchObject({ code: 'auth.invalid_refresh_token' });
    expect(await auth.me(second.accessToken)).toBe(401);
    expect((await auth.refresh(second.refreshToken)).status).toBe(401);
    const [session] = await auth.database.query('SELECT revocation_reason FROM session WHERE user_id = ?', [
      first.userId,
    ]);
    expect(session).toEqual({ revocation_reason: 'refresh_token_reused' });
  });

  it('ends only the session whose token was replayed', async () => {
    const stolen = await auth.registerAndLogIn('two-devices@example.com');
    const other = (await auth.logIn('two-devices@example.com')).body;
    await auth.refresh(stolen.refreshToken);
    await auth.refresh(stolen.refreshToken);
    expect(await auth.me(other.accessToken)).toBe(200);
  });

  it('keeps no refresh token in clear', async () => {
    const { refreshToken, userId } = await auth.registerAndLogIn('hashed@example.com');
    const rows = await auth.database.query('SELECT * FROM refresh_token WHERE user_id = ?', [userId]);
    expect(rows).toHaveLength(1);
    expect(JSON.stringify(rows)).not.toContain(refreshToken.slice(-20));
  });

  it('kills access and refresh token at once on logout', async () => {
    const { accessToken, refreshToken } = await auth.registerAndLogIn('logout@example.com');
    expect(await auth.me(accessToken)).toBe(200);
    expect((await auth.call('POST', '/v1/auth/logout', { token: accessToken })).status).toBe(204);
    expect(await auth.me(accessToken)).toBe(401);
    expect((await auth.refresh(refreshToken)).status).toBe(401);
  });

  it('tells requests of the same moment apart', async () => {
    const ada = await auth.registerAndLogIn('ada@example.com');
    const bob = await auth.registerAndLogIn('bob@example.com');
    const { accessToken: adaElsewhere } = (await auth.logIn('ada@example.com')).body;
    await auth.call('POST', '/v1/auth/logout', { token: ada.accessToken });
    const profile = async (token: string) =>
      (await auth.call('GET', '/v1/users/me', { token })).body['email'] ?? 401;
    const tokens = [ada.accessToken, bob.accessToken, adaElsewhere, bob.accessToken];
    expect(await Promise.all(tokens.map(profile))).toEqual([
      401,
      'bob@example.com',
      'ada@example.com',
      'bob@example.com',
    ]);
  });

  it('ends at the instant at which it expires', async () => {
    const { userId, accessToken } = await auth.registerAndLogIn('expired@example.com');
    const clock = auth.app.get(Clock, { strict: false });
    const now = clock.now();
    const expireAfterMs = (ms: number) =>
      auth.app
        .get(UnitOfWork, { strict: false })
        .run({ action: 'session.shorten' }, () =>
          auth.database.query('UPDATE session SET expires_at = ? WHERE user_id = ?', [
            new Date(now.getTime() + ms),
            userId,
          ]),
        );
    const statusNow = async () => {
      const spy = vi.spyOn(clock, 'now').mockReturnValue(now);
      return auth.me(accessToken).finally(() => spy.mockRestore());
    };
    await expireAfterMs(1);
    expect(await statusNow()).toBe(200);
    await expireAfterMs(0);
    expect(await statusNow()).toBe(401);
  });

  it('lists my live sessions and ends one of them', async () => {
    const here = await auth.registerAndLogIn('list@example.com');
    const there = (await auth.logIn('list@example.com')).body;
    const { body } = await auth.call<{ items: { id: string; isCurrent: boolean; clientAddress: string }[] }>(
      'GET',
      '/v1/auth/sessions',
      { token: here.accessToken },
    );
    expect(body.items).toHaveLength(2);
    expect(body.items).toMatchObject([
      { isCurrent: false, userAgent: 'test', clientAddress: CLIENT_ADDRESS },
      { isCurrent: true },
    ]);
    const id = body.items[0]?.id;
    const revoke = () => auth.call('DELETE', `/v1/auth/sessions/${id}`, { token: here.accessToken });
    expect((await revoke()).status).toBe(204);
    expect((await revoke()).status).toBe(404);
    expect(await auth.me(there.accessToken)).toBe(401);
    expect(await auth.me(here.accessToken)).toBe(200);
  });

  it("does not end somebody else's session", async () => {
    const mine = await auth.registerAndLogIn('mine@example.com');
    const theirs = await auth.registerAndLogIn('theirs@example.com');
    const [session] = await auth.database.query<{ id: string }>('SELECT id FROM session WHERE user_id = ?', [
      theirs.userId,
    ]);
    const answer = await auth.call('DELETE', `/v1/auth/sessions/${session?.id}`, { token: mine.accessToken });
    expect(answer.status).toBe(404);
    expect(await auth.me(theirs.accessToken)).toBe(200);
  });

  it('ends all sessions', async () => {
    const one = await auth.registerAndLogIn('everywhere@example.com');
    const two = (await auth.logIn('everywhere@example.com')).body;
    expect((await auth.call('DELETE', '/v1/auth/sessions', { token: one.accessToken })).status).toBe(204);
    expect([await auth.me(one.accessToken), await auth.me(two.accessToken)]).toEqual([401, 401]);
  });

  it('refuses a deactivated account from its next request, its refresh token and its login', async () => {
    const admin = await auth.logInAsAdministrator();
    const user = await auth.registerAndLogIn('deactivated@example.com');
    const path = `/v1/admin/users/${user.userId}/deactivation`;
    expect((await auth.call('POST', path, { token: admin.accessToken })).status).toBe(204);
    expect(await auth.me(user.accessToken)).toBe(401);
    expect((await auth.refresh(user.refreshToken)).status).toBe(401);
    expect((await auth.logIn('deactivated@example.com')).status).toBe(401);
    await auth.drain();
    expect((await auth.call('DELETE', path, { token: admin.accessToken })).status).toBe(204);
    expect(await auth.me(user.accessToken)).toBe(401);
    expect((await auth.logIn('deactivated@example.com')).status).toBe(200);
  });

  it('lets changed roles hold from the next request', async () => {
    const admin = await auth.logInAsAdministrator();
    const { userId, accessToken } = await auth.registerAndLogIn('promoted@example.com');
    const list = async () => (await auth.call('GET', '/v1/admin/users', { token: accessToken })).status;
    const setRoles = (roles: string[]) =>
      auth.call('PUT', `/v1/admin/users/${userId}/roles`, { token: admin.accessToken, body: { roles } });
    expect(await list()).toBe(403);
    expect((await setRoles(['customer', 'auditor'])).body).toEqual({ roles: ['auditor', 'customer'] });
    expect(await list()).toBe(200);
    await setRoles(['customer']);
    expect(await list()).toBe(403);
  });
});
