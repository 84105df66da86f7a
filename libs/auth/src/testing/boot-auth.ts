import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import PostalMime from 'postal-mime';
import { AuditModule } from '#audit';
import { Database, OutboxRelay } from '#kernel';
import { bootTestHttp, type TestDatabase, type TestDialect } from '#kernel/testing';
import { PrivacyModule } from '#privacy';
import { VaultModule } from '#vault';
import { AuthModule } from '../auth.module.js';
import { FirstAdministrator } from '../first-administrator.js';

export interface Answer<Body = Record<string, unknown>> {
  readonly status: number;
  readonly body: Body;
  readonly headers: Readonly<Record<string, unknown>>;
}

export interface Tokens {
  readonly accessToken: string;
  readonly refreshToken: string;
  readonly expiresIn: number;
}

interface Sent {
  readonly to: string | undefined;
  readonly subject: string | undefined;
  readonly text: string;
  readonly token: string | undefined;
}

/** From where all requests come. */
export const CLIENT_ADDRESS = '203.0.113.7';

const PASSWORD = 'correct horse battery staple';
const ADMIN = { email: 'root@example.com', password: 'a root of all that is good' };

/** Argon2 as cheap as it gets: what it costs in earnest is not under test. */
const CHEAP = { ARGON2_MEMORY_KIB: '8', ARGON2_PASSES: '1' };

export type AuthApp = Awaited<ReturnType<typeof bootAuth>>;

/** Boots auth and the rooms below it behind HTTP on a fresh database, with an administrator unless told otherwise. */
export async function bootAuth(
  dialect: TestDialect,
  environment: Readonly<Record<string, string>> = {},
  { administrator = true }: { administrator?: boolean } = {},
) {
  const { app, database, close } = await bootTestHttp({
    dialect,
    environment: { ...CHEAP, ADMIN_EMAIL: ADMIN.email, ADMIN_PASSWORD: ADMIN.password, ...environment },
    imports: [VaultModule, AuditModule, PrivacyModule, AuthModule],
  });
  if (administrator) await app.get(FirstAdministrator, { strict: false }).ensure();
  return { ...actions(app, database), app, close, database: app.get(Database, { strict: false }) };
}

function actions(app: NestFastifyApplication, data: TestDatabase) {
  const relay = app.get(OutboxRelay, { strict: false });
  const mailFolder = join(data.dataDir, 'mail');

  async function call<Body = Record<string, unknown>>(
    method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
    url: string,
    { body, token }: { body?: object; token?: string } = {},
  ): Promise<Answer<Body>> {
    const answer = await app.inject({
      method,
      remoteAddress: CLIENT_ADDRESS,
      url,
      headers: { 'user-agent': 'test', ...(token ? { authorization: `Bearer ${token}` } : {}) },
      ...(body ? { payload: body } : {}),
    });
    return {
      status: answer.statusCode,
      body: (answer.payload ? answer.json() : {}) as Body,
      headers: answer.headers,
    };
  }

  /** The mails sent to an address since the last call, oldest first. */
  const unread = new Map<string, Sent>();
  const read = new Set<string>();
  async function mailsTo(address: string): Promise<Sent[]> {
    await relay.drain();
    const files = (await readdir(mailFolder).catch(() => [])).filter(
      (name) => name.endsWith('.eml') && !read.has(name),
    );
    for (const name of files.sort()) {
      const { to, subject, text = '' } = await PostalMime.parse(await readFile(join(mailFolder, name)));
      const token = /token=([^\s&]+)/.exec(text)?.[1];
      read.add(name);
      unread.set(name, { to: to?.[0]?.address, subject, text, token: token && decodeURIComponent(token) });
    }
    const found = [...unread].filter(([, { to }]) => to?.toLowerCase() === address.toLowerCase());
    for (const [name] of found) unread.delete(name);
    return found.map(([, mail]) => mail);
  }

  const logIn = (email: string, password = PASSWORD) =>
    call<Tokens>('POST', '/v1/auth/login', { body: { email, password } });

  async function register(email: string, password = PASSWORD): Promise<string> {
    await call('POST', '/v1/auth/register', { body: { email, password, name: 'Ada' } });
    const [mail] = await mailsTo(email);
    const { body } = await call<{ userId: string }>('POST', '/v1/auth/verify-email', {
      body: { token: mail?.token },
    });
    return body.userId;
  }

  return {
    call,
    mailsTo,
    mailFolder,
    logIn,
    password: PASSWORD,
    /** Registers, verifies and returns the user's id. */
    register,
    async registerAndLogIn(email: string): Promise<Tokens & { userId: string }> {
      const userId = await register(email);
      return { userId, ...(await logIn(email)).body };
    },
    async logInAsAdministrator(): Promise<Tokens> {
      return (await logIn(ADMIN.email, ADMIN.password)).body;
    },
    refresh: (refreshToken: string) => call<Tokens>('POST', '/v1/auth/refresh', { body: { refreshToken } }),
    /** What a token is worth: the status of a request for one's own profile. */
    async me(token: string): Promise<number> {
      return (await call('GET', '/v1/users/me', { token })).status;
    },
    drain: () => relay.drain(),
  };
}
