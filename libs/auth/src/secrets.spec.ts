import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import { bootAuth, CLIENT_ADDRESS, type AuthApp } from './testing/index.js';

const EMAIL = 'xanthippe@example.com';
const NEW_PASSWORD = 'staple battery horse correct';

/** Everything in the database as text: bytes as they are, so that anything kept in clear is found. */
async function dump(auth: AuthApp): Promise<string> {
  const tables: unknown[] = [];
  for (const { tableName } of auth.database.entities)
    tables.push(await auth.database.query(`SELECT * FROM ${tableName}`));
  return JSON.stringify(tables, function (this: Record<string, unknown>, key, value: unknown) {
    const own = this[key];
    return Buffer.isBuffer(own) ? own.toString('latin1') : value;
  });
}

describeOnEveryDialect('what rests in the database', (dialect) => {
  let auth: AuthApp;

  beforeAll(async () => {
    auth = await bootAuth(dialect);
  });

  afterAll(() => auth.close());

  it('holds no address, name, password or token in clear, whatever was done', async () => {
    const secrets = [EMAIL, 'Xanthippe', auth.password, NEW_PASSWORD, CLIENT_ADDRESS];
    await auth.call('POST', '/v1/auth/register', {
      body: { email: EMAIL, password: auth.password, name: 'Xanthippe' },
    });
    const [verification] = await auth.mailsTo(EMAIL);
    await auth.call('POST', '/v1/auth/verify-email', { body: { token: verification?.token } });
    await auth.logIn(EMAIL, 'wrong password of Xanthippe');
    const { body: login } = await auth.logIn(EMAIL);
    const { body: refreshed } = await auth.refresh(login.refreshToken);
    await auth.refresh(login.refreshToken);
    await auth.call('POST', '/v1/auth/password-reset', { body: { email: EMAIL } });
    const [reset] = await auth.mailsTo(EMAIL);
    await auth.call('POST', '/v1/auth/password-reset/confirm', {
      body: { token: reset?.token, newPassword: NEW_PASSWORD },
    });
    const { accessToken } = (await auth.logIn(EMAIL, NEW_PASSWORD)).body;
    await auth.call('PATCH', '/v1/users/me', { token: accessToken, body: { name: 'Xanthippe of Athens' } });
    await auth.mailsTo(EMAIL);
    for (const token of [login, refreshed]) secrets.push(token.accessToken, token.refreshToken.slice(-30));
    for (const mail of [verification, reset])
      secrets.push(mail?.token?.split('.')[1] ?? 'no token was mailed');
    const rest = await dump(auth);
    expect(rest.length).toBeGreaterThan(5000);
    expect(secrets.filter((secret) => rest.toLowerCase().includes(secret.toLowerCase()))).toEqual([]);
  });

  it('tells in the record who did what, with a replay among it', async () => {
    const rows = await auth.database.query<{ action: string }>('SELECT action FROM audit_entry');
    const actions = rows.map(({ action }) => action);
    for (const action of [
      'registration.request',
      'registration.verify',
      'session.log_in',
      'session.refresh',
      'session.end_reused',
      'password_reset.request',
      'password.reset',
      'user.update_profile',
    ]) {
      expect(actions).toContain(action);
    }
  });
});
