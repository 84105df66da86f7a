import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import { bootAuth, type AuthApp } from '../testing/index.js';

describeOnEveryDialect('registration', (dialect) => {
  let auth: AuthApp;

  beforeAll(async () => {
    auth = await bootAuth(dialect);
  });

  afterAll(() => auth.close());

  const register = (email: string, name = 'Ada Lovelace') =>
    auth.call('POST', '/v1/auth/register', { body: { email, password: auth.password, name } });
  const verify = (token: string | undefined) =>
    auth.call('POST', '/v1/auth/verify-email', { body: { token } });

  async function rowCounts(): Promise<Record<string, number>> {
    const counts: Record<string, number> = {};
    for (const { tableName } of auth.database.entities) {
      const [row] = await auth.database.query<{ n: number | string }>(
        `SELECT COUNT(*) AS n FROM ${tableName}`,
      );
      counts[tableName] = Number(row?.n);
    }
    return counts;
  }

  async function rowsAddedBy(work: () => Promise<unknown>): Promise<Record<string, number>> {
    const before = await rowCounts();
    await work();
    const after = await rowCounts();
    return Object.fromEntries(Object.entries(after).map(([table, n]) => [table, n - (before[table] ?? 0)]));
  }

  it('makes an account only once the address is verified', async () => {
    expect((await register('new@example.com')).status).toBe(202);
    expect((await auth.logIn('new@example.com')).status).toBe(401);
    const [mail] = await auth.mailsTo('new@example.com');
    expect(mail).toMatchObject({ to: 'new@example.com', subject: 'Confirm your e-mail address' });
    expect((await verify(mail?.token)).status).toBe(200);
    const { status, body } = await auth.logIn(' New@Example.com ');
    expect(status).toBe(200);
    const profile = await auth.call('GET', '/v1/users/me', { token: body.accessToken });
    expect(profile.body).toMatchObject({
      email: 'new@example.com',
      name: 'Ada Lovelace',
      permissions: [],
    });
  });

  it('answers alike, and leaves the same rows, whether or not the address has an account', async () => {
    await auth.register('known@example.com');
    // Both addresses have been asked about before, so that the counters of tries exist for both.
    await register('unknown@example.com');
    await auth.mailsTo('unknown@example.com');
    const answers: unknown[] = [];
    const ask = (email: string) => async () => {
      const { status, body } = await register(email);
      answers.push({ status, body });
    };
    const known = await rowsAddedBy(ask('known@example.com'));
    const unknown = await rowsAddedBy(ask('unknown@example.com'));
    expect(answers[0]).toEqual({
      status: 202,
      body: { message: 'If this can be done, a mail is on its way.' },
    });
    expect(answers[1]).toEqual(answers[0]);
    expect(unknown).toEqual(known);
    expect(known).toMatchObject({ pending_registration: 1, outbox_message: 1, user: 0 });
    expect(await auth.mailsTo('known@example.com')).toMatchObject([
      { subject: 'You already have an account', token: undefined },
    ]);
    expect(await auth.mailsTo('unknown@example.com')).toMatchObject([
      { subject: 'Confirm your e-mail address' },
    ]);
  });

  it('gives the address to the first of two registrations that is verified', async () => {
    await register('twice@example.com');
    await register('TWICE@example.com');
    const tokens = (await auth.mailsTo('twice@example.com')).map(({ token }) => token);
    const answers = await Promise.all(tokens.map(verify));
    expect(answers.map(({ status }) => status).sort((left, right) => left - right)).toEqual([200, 409]);
    const winner = answers.find(({ status }) => status === 200)?.body['userId'];
    const credentials = await auth.database.query(
      'SELECT user_id FROM password_credential WHERE user_id = ?',
      [winner],
    );
    expect(credentials).toHaveLength(1);
  });

  it('accepts a verification token once, also when it comes twice at once', async () => {
    await register('once@example.com');
    const [mail] = await auth.mailsTo('once@example.com');
    const answers = await Promise.all([verify(mail?.token), verify(mail?.token)]);
    expect(answers.map(({ status }) => status).sort((left, right) => left - right)).toEqual([200, 400]);
  });

  it('accepts no token that it did not mint', async () => {
    await register('forged@example.com');
    const [mail] = await auth.mailsTo('forged@example.com');
    const [id] = mail?.token?.split('.') ?? [];
    expect((await verify(`${id}.${'A'.repeat(43)}`)).status).toBe(400);
    expect((await verify(`${mail?.token}x`)).status).toBe(400);
  });

  it('keeps no address or name in clear', async () => {
    await register('sealed@example.com', 'Zaphod Beeblebrox');
    const rows = await auth.database.query('SELECT * FROM pending_registration');
    const messages = await auth.database.query('SELECT * FROM outbox_message');
    const text = JSON.stringify([rows, messages], (_key, value: unknown) =>
      value instanceof Object && 'data' in value
        ? Buffer.from(value.data as number[]).toString('latin1')
        : value,
    );
    expect(text).not.toContain('sealed@example.com');
    expect(text).not.toContain('Zaphod');
  });

  it.each([
    ['too short', 'seven77'],
    ['common', 'Password123'],
    ['one letter', 'aaaaaaaaaaaa'],
    ['the address', 'weak@example.com'],
  ])('refuses a password that is %s', async (_reason, password) => {
    const answer = await auth.call('POST', '/v1/auth/register', {
      body: { email: 'weak@example.com', password, name: 'Weak' },
    });
    expect(answer.status).toBe(400);
    expect(answer.body).toMatchObject({
      code: 'kernel.validation_failed',
      errors: [{ pointer: '/password' }],
    });
  });
});
