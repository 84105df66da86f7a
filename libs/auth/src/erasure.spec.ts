import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Clock } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { bootAuth, type AuthApp } from './testing/index.js';

describeOnEveryDialect('an erased account', (dialect) => {
  let auth: AuthApp;

  beforeAll(async () => {
    auth = await bootAuth(dialect);
  });

  afterAll(() => auth.close());

  /** Runs `work` as if it were `time`. */
  async function at(time: number, work: () => Promise<void>): Promise<void> {
    const clock = vi.spyOn(auth.app.get(Clock, { strict: false }), 'now');
    try {
      clock.mockImplementation(() => new Date(time));
      await work();
    } finally {
      clock.mockRestore();
    }
  }

  const erase = (token: string) => auth.call('POST', '/v1/users/me/erasure', { token });

  it('is logged out at once, for good, and its address is free again', async () => {
    const gone = await auth.registerAndLogIn('gone@example.com');
    await auth.call('POST', '/v1/auth/password-reset', { body: { email: 'gone@example.com' } });
    const [reset] = await auth.mailsTo('gone@example.com');
    expect((await erase(gone.accessToken)).status).toBe(200);
    expect(await auth.me(gone.accessToken)).toBe(401);
    expect((await auth.refresh(gone.refreshToken)).status).toBe(401);
    expect((await auth.logIn('gone@example.com')).status).toBe(401);
    const confirm = { token: reset?.token, newPassword: 'staple battery horse correct' };
    expect((await auth.call('POST', '/v1/auth/password-reset/confirm', { body: confirm })).status).toBe(400);
    const again = await auth.register('gone@example.com');
    expect(again).not.toBe(gone.userId);
    expect((await auth.logIn('gone@example.com')).status).toBe(200);
  });

  it('leaves no mail behind once the erasure is in effect, not even one that told of a second registration', async () => {
    const gone = await auth.registerAndLogIn('read@example.com');
    await auth.call('POST', '/v1/auth/register', {
      body: { email: 'read@example.com', password: auth.password, name: 'Ada' },
    });
    await auth.drain();
    const letters = async () => {
      const names = await readdir(auth.mailFolder);
      const mails = await Promise.all(names.map((name) => readFile(join(auth.mailFolder, name), 'utf8')));
      return mails.filter((mail) => mail.includes('read@example.com')).length;
    };
    expect(await letters()).toBe(2);
    const { effectiveBy } = (await erase(gone.accessToken)).body;
    await at(Date.parse(String(effectiveBy)) + 1000, () => auth.drain());
    expect(await letters()).toBe(0);
  });

  it('is erased by those only who logged in just now, not by whoever holds a token', async () => {
    const { refreshToken } = await auth.registerAndLogIn('later@example.com');
    await at(Date.now() + 16 * 60_000, async () => {
      const { accessToken } = (await auth.refresh(refreshToken)).body;
      const refused = await erase(accessToken);
      expect(refused.body).toMatchObject({ status: 401, code: 'privacy.login_not_recent' });
      expect(refused.headers['www-authenticate']).toContain('insufficient_user_authentication');
      expect(await auth.me(accessToken)).toBe(200);
      const again = (await auth.logIn('later@example.com')).body;
      expect((await erase(again.accessToken)).status).toBe(200);
    });
  });

  it('leaves a row without roles, and nothing of its logins', async () => {
    const { accessToken, userId } = await auth.registerAndLogIn('tombstone@example.com');
    await erase(accessToken);
    const tables = ['session', 'refresh_token', 'password_credential', 'user_role', 'password_reset'];
    for (const table of tables) {
      expect(await auth.database.query(`SELECT id FROM ${table} WHERE user_id = ?`, [userId])).toEqual([]);
    }
    const admin = await auth.logInAsAdministrator();
    const user = await auth.call('GET', `/v1/admin/users/${userId}`, { token: admin.accessToken });
    expect(user.body).toMatchObject({ email: null, name: null, isActive: false, roles: [] });
    expect(user.body['erasedAt']).not.toBeNull();
    const reactivate = await auth.call('DELETE', `/v1/admin/users/${userId}/deactivation`, {
      token: admin.accessToken,
    });
    expect(reactivate.body).toMatchObject({ status: 409, code: 'users.erased' });
  });

  it('cannot be traced to the addresses it registered and logged in from', async () => {
    const gone = await auth.registerAndLogIn('untraceable@example.com');
    await auth.refresh(gone.refreshToken);
    const { accessToken: token } = await auth.logInAsAdministrator();
    const url = `/v1/admin/audit/entries?subject=${gone.userId}&limit=100&reveal=clientAddress&revealPurpose=audit.investigation`;
    const addresses = async () => {
      const { body } = await auth.call('GET', url, { token });
      const entries = body['items'] as { action: string; actorId: string; clientAddress: string | null }[];
      return entries
        .filter(({ actorId }) => actorId === null || actorId === gone.userId)
        .map(({ clientAddress }) => clientAddress);
    };
    const before = await addresses();
    expect(before.length).toBeGreaterThan(3);
    expect(before).not.toContain(null);
    await erase(gone.accessToken);
    expect(new Set(await addresses())).toEqual(new Set([null]));
  });

  it('is not the last administrator', async () => {
    const admin = await auth.logInAsAdministrator();
    expect((await erase(admin.accessToken)).body).toMatchObject({
      status: 409,
      code: 'users.last_administrator',
    });
    expect(await auth.me(admin.accessToken)).toBe(200);
  });
});
