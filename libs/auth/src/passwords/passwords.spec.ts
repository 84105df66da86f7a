import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import { bootAuth, type AuthApp } from '../testing/index.js';

const NEW_PASSWORD = 'staple battery horse correct';

describeOnEveryDialect('passwords', (dialect) => {
  let auth: AuthApp;

  beforeAll(async () => {
    auth = await bootAuth(dialect);
  });

  afterAll(() => auth.close());

  const change = (token: string, currentPassword: string) =>
    auth.call<{ accessToken: string; refreshToken: string }>('POST', '/v1/auth/password', {
      token,
      body: { currentPassword, newPassword: NEW_PASSWORD },
    });
  const askReset = (email: string) => auth.call('POST', '/v1/auth/password-reset', { body: { email } });
  const confirm = (token: string | undefined, newPassword = NEW_PASSWORD) =>
    auth.call('POST', '/v1/auth/password-reset/confirm', { body: { token, newPassword } });

  it('ends every session when the password changes, and opens a new one for the caller', async () => {
    const here = await auth.registerAndLogIn('change@example.com');
    const there = (await auth.logIn('change@example.com')).body;
    const { status, body } = await change(here.accessToken, auth.password);
    expect(status).toBe(200);
    expect(await auth.me(here.accessToken)).toBe(401);
    expect(await auth.me(there.accessToken)).toBe(401);
    expect((await auth.refresh(there.refreshToken)).status).toBe(401);
    expect(await auth.me(body.accessToken)).toBe(200);
    expect((await auth.refresh(body.refreshToken)).status).toBe(200);
    expect((await auth.logIn('change@example.com')).status).toBe(401);
    expect((await auth.logIn('change@example.com', NEW_PASSWORD)).status).toBe(200);
    expect(await auth.mailsTo('change@example.com')).toMatchObject([
      { subject: 'Your password was changed' },
    ]);
  });

  it('changes nothing when the current password is wrong', async () => {
    const { accessToken } = await auth.registerAndLogIn('wrong@example.com');
    const answer = await change(accessToken, 'not my password');
    expect(answer.status).toBe(403);
    expect(answer.body).toMatchObject({ code: 'auth.wrong_password' });
    expect(await auth.me(accessToken)).toBe(200);
    expect((await auth.logIn('wrong@example.com')).status).toBe(200);
  });

  it('resets a forgotten password with a token that works once', async () => {
    const { accessToken } = await auth.registerAndLogIn('forgot@example.com');
    expect((await askReset('Forgot@example.com')).status).toBe(202);
    const [mail] = await auth.mailsTo('forgot@example.com');
    expect(mail?.subject).toBe('Choose a new password');
    const answers = await Promise.all([confirm(mail?.token), confirm(mail?.token)]);
    expect(answers.map(({ status }) => status).sort((left, right) => left - right)).toEqual([204, 400]);
    expect((await confirm(mail?.token)).status).toBe(400);
    expect(await auth.me(accessToken)).toBe(401);
    expect((await auth.logIn('forgot@example.com', NEW_PASSWORD)).status).toBe(200);
  });

  it('spends every open reset when one is used', async () => {
    await auth.register('several@example.com');
    await askReset('several@example.com');
    await askReset('several@example.com');
    const [first, second] = await auth.mailsTo('several@example.com');
    expect((await confirm(first?.token)).status).toBe(204);
    expect((await confirm(second?.token)).status).toBe(400);
  });

  it('spends every open reset when the password changes', async () => {
    const { accessToken } = await auth.registerAndLogIn('meanwhile@example.com');
    await askReset('meanwhile@example.com');
    const [mail] = await auth.mailsTo('meanwhile@example.com');
    expect((await change(accessToken, auth.password)).status).toBe(200);
    expect((await confirm(mail?.token, 'another password altogether')).status).toBe(400);
    expect((await auth.logIn('meanwhile@example.com', NEW_PASSWORD)).status).toBe(200);
  });

  it('answers alike, and writes the same rows, for an address without an account; only the mail stays away', async () => {
    await auth.register('has-account@example.com');
    const count = async () => {
      const [row] = await auth.database.query<{ n: number | string }>(
        'SELECT (SELECT COUNT(*) FROM password_reset) + 1000 * (SELECT COUNT(*) FROM outbox_message) AS n',
      );
      return Number(row?.n);
    };
    const start = await count();
    const known = await askReset('has-account@example.com');
    const middle = await count();
    const unknown = await askReset('no-account@example.com');
    const end = await count();
    expect([unknown.status, unknown.body]).toEqual([known.status, known.body]);
    expect(end - middle).toBe(middle - start);
    expect(await auth.mailsTo('has-account@example.com')).toHaveLength(1);
    expect(await auth.mailsTo('no-account@example.com')).toEqual([]);
  });

  it('does not accept a verification token for a reset, or the other way round', async () => {
    await auth.call('POST', '/v1/auth/register', {
      body: { email: 'cross@example.com', password: auth.password, name: 'Cross' },
    });
    const [mail] = await auth.mailsTo('cross@example.com');
    expect(mail?.token).toBeDefined();
    expect((await confirm(mail?.token)).status).toBe(400);
  });
});
