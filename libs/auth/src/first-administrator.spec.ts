import { afterEach, describe, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import { generateKeyring } from '#vault';
import { FirstAdministrator } from './first-administrator.js';
import { bootAuth, type AuthApp } from './testing/index.js';

describeOnEveryDialect('the first administrator', (dialect) => {
  let auth: AuthApp;

  afterEach(() => auth.close());

  async function boot(environment: Record<string, string>) {
    auth = await bootAuth(dialect, environment, { administrator: false });
    return auth.app.get(FirstAdministrator, { strict: false });
  }

  it('is made up in development, told once, and not made again', async () => {
    const first = await boot({ ADMIN_EMAIL: '', ADMIN_PASSWORD: '' });
    const made = await first.ensure();
    expect(made?.password).toHaveLength(20);
    expect((await auth.logIn(made!.email, made!.password)).status).toBe(200);
    expect(await first.ensure()).toBeUndefined();
  });

  it('comes from the environment, whose password is not told again', async () => {
    const first = await boot({ ADMIN_EMAIL: 'boss@example.com', ADMIN_PASSWORD: 'the boss knows best' });
    expect(await first.ensure()).toMatchObject({ email: 'boss@example.com', password: undefined });
    const { body } = await auth.logIn('boss@example.com', 'the boss knows best');
    const list = await auth.call('GET', '/v1/admin/roles', { token: body.accessToken });
    expect(list.status).toBe(200);
  });

  it('is one, also when two processes start at once', async () => {
    const first = await boot({ ADMIN_EMAIL: 'boss@example.com', ADMIN_PASSWORD: 'the boss knows best' });
    const made = await Promise.all([first.ensure(), first.ensure()]);
    expect(made.filter(Boolean)).toHaveLength(1);
    expect(await auth.database.query('SELECT id FROM user')).toHaveLength(1);
  });

  it('is an existing account when the address has one', async () => {
    const first = await boot({ ADMIN_EMAIL: 'early@example.com', ADMIN_PASSWORD: 'the boss knows best' });
    const userId = await auth.register('early@example.com');
    expect(await first.ensure()).toEqual({ userId, email: 'early@example.com', password: undefined });
    expect((await auth.logIn('early@example.com', 'the boss knows best')).status).toBe(401);
    const { body } = await auth.logIn('early@example.com');
    expect((await auth.call('GET', '/v1/admin/roles', { token: body.accessToken })).status).toBe(200);
  });

  it('needs a good password', async () => {
    const first = await boot({ ADMIN_EMAIL: 'boss@example.com', ADMIN_PASSWORD: 'password123' });
    await expect(first.ensure()).rejects.toThrow('ADMIN_PASSWORD is one of the passwords');
  });
});

describe('the first administrator in production', () => {
  it('has to be named', async () => {
    const auth = await bootAuth(
      'sqlite',
      {
        NODE_ENV: 'production',
        KEYRING: JSON.stringify(generateKeyring()),
        APP_URL: 'https://shop.example',
        MAIL_FROM: 'no-reply@shop.example',
        MAIL_URL: 'file:',
        ADMIN_EMAIL: 'boss@example.com',
        ADMIN_PASSWORD: '',
      },
      { administrator: false },
    );
    try {
      const first = auth.app.get(FirstAdministrator, { strict: false });
      await expect(first.ensure()).rejects.toThrow('set ADMIN_EMAIL and ADMIN_PASSWORD');
    } finally {
      await auth.close();
    }
  });
});
