import { execFile } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { describeOnEveryServer, freePort, type TestDatabase, testDatabase } from '#kernel/testing';
import { root } from '../support/rooms.js';

const files = mkdtempSync(join(tmpdir(), 'steward-boot-'));
const path = (name: string) => join(files, name);
beforeAll(async () => {
  writeFileSync(path('keyring.json'), (await run(steward('keys:generate'))).stdout);
});
afterAll(() => rmSync(files, { recursive: true }));

/** What a process says and how it ends, with nothing but these settings. */
function run(args: readonly string[], settings: Readonly<Record<string, string>> = {}) {
  const env = { PATH: process.env['PATH'], DATA_DIR: path('data'), LOG_LEVEL: 'silent', ...settings };
  return new Promise<{ code: unknown; stdout: string; stderr: string }>((resolve) => {
    execFile(process.execPath, [...args], { cwd: root, env }, (error, stdout, stderr) =>
      resolve({ code: error?.code, stdout, stderr }),
    );
  });
}
const API = ['dist/apps/api/src/main.js'];
const steward = (...args: string[]) => ['dist/apps/cli/src/main.js', ...args];

const PRODUCTION = {
  NODE_ENV: 'production',
  APP_URL: 'https://shop.example',
  MAIL_FROM: 'no-reply@shop.example',
  MAIL_URL: 'file:',
  KEYRING_FILE: path('keyring.json'),
};

describe('what stops a process is told in one sentence', () => {
  beforeAll(() => {
    writeFileSync(path('file'), '');
    for (const name of ['broken-keyring', 'broken-database', 'unmigrated']) mkdirSync(path(name));
    writeFileSync(path('broken-keyring/keyring.json'), '{}');
    writeFileSync(path('unmigrated/steward.sqlite'), '');
    writeFileSync(path('broken-database/steward.sqlite'), 'no database at all'.repeat(1000));
  });

  it('when the port is taken', async () => {
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo;
    const said = await run(API, { HOST: '127.0.0.1', PORT: `${port}`, DATA_DIR: path('taken') });
    other.close();
    expect(said).toEqual({
      code: 1,
      // The administrator is made by now, and nobody could tell the password later.
      stdout: expect.stringMatching(/^ +password +\S{20} /m),
      stderr: expect.stringMatching(`^Port ${port} is taken by another process\\. [^\n]+PORT[^\n]+\n$`),
    });
  });

  it('when the database server does not run', async () => {
    const port = await freePort();
    const said = await run(API, { DATABASE_URL: `mysql://steward@127.0.0.1:${port}/steward` });
    expect(said).toEqual({
      code: 1,
      stdout: '',
      stderr: expect.stringMatching(
        `^The database server cannot be reached: [^\n]*127\\.0\\.0\\.1:${port}\\. [^\n]+DATABASE_URL[^\n]+\n$`,
      ),
    });
  });

  it.each([
    ['HOST is unknown', API, { HOST: 'host.invalid', PORT: '0' }, /^Nobody can listen on host\.invalid, /],
    [
      'HOST is of another machine',
      API,
      { HOST: '192.0.2.7', PORT: '0' },
      /^Nobody can listen on 192\.0\.2\.7, /,
    ],
    [
      'DATA_DIR is a file',
      API,
      { DATA_DIR: path('file') },
      /^The directory \S+\/file cannot be made: file already/,
    ],
    [
      'the keyring is broken',
      API,
      { DATA_DIR: path('broken-keyring') },
      /^\S+\/keyring\.json cannot be used\. /,
    ],
    [
      'the embedded database is none',
      API,
      { DATA_DIR: path('broken-database') },
      /^The embedded database, .*: file is not/,
    ],
    [
      'a key is none',
      steward('witness', '--key', path('w'), '--log', 'x'),
      {},
      /^"x" is not a verifier key: /,
    ],
    [
      'a file cannot be written',
      steward('openapi', path('no/x')),
      {},
      /^\S+\/no\/x cannot be used: no such file/,
    ],
  ])('when %s', async (_name, args, settings, words) => {
    expect(await run(args, settings)).toEqual({
      code: 1,
      stdout: expect.not.stringContaining('Steward is ready'),
      stderr: expect.stringMatching(`${words.source}[^\n]+\n$`),
    });
  });

  it('and all at once what production lacks', async () => {
    const { code, stderr } = await run(steward('migrate'), { NODE_ENV: 'production' });
    expect(code).toBe(1);
    const lines = ['APP_URL', 'MAIL_URL', 'MAIL_FROM', 'KEYRING'].map(
      (name) => `  - ${name}: production needs .+`,
    );
    expect(stderr).toMatch(new RegExp(`^The configuration has 4 mistake\\(s\\):\n${lines.join('\n')}\n$`));
  });

  it('and the first administrator that production lacks', async () => {
    const { code, stderr } = await run(steward('migrate'), { ...PRODUCTION, DATA_DIR: path('production') });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'There is no administrator yet: set ADMIN_EMAIL and ADMIN_PASSWORD, and start again.\n',
    );
  });
});

describeOnEveryServer('what a database server refuses is told in one sentence', (dialect) => {
  let database: TestDatabase;
  const NAME = `may_read_${randomBytes(6).toString('hex')}`;
  beforeAll(async () => {
    database = await testDatabase(dialect);
    await byRoot(
      `CREATE USER ${NAME}@'%' IDENTIFIED BY 'pw'`,
      `GRANT SELECT ON \`${schema()}\`.* TO ${NAME}@'%'`,
    );
  });
  afterAll(async () => {
    await byRoot(`DROP USER ${NAME}@'%'`);
    await database.remove();
  });
  const schema = () => new URL(database.url ?? '').pathname.slice(1);
  async function byRoot(...statements: string[]) {
    const connection = await createConnection(database.url ?? '');
    for (const statement of statements) await connection.query(statement);
    await connection.end();
  }
  const addressWith = (password: string) =>
    Object.assign(new URL(database.url ?? ''), { username: NAME, password }).href;

  it('when it lets nobody in', async () => {
    const { code, stderr } = await run(API, { DATABASE_URL: addressWith('wrong') });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^The database server refuses the connection: Access denied [^\n]+DATABASE_URL[^\n]+\n$/,
    );
  });

  it('when the schema is to be changed by a user who may not', async () => {
    const { code, stderr } = await run(steward('migrate'), { DATABASE_URL: addressWith('pw') });
    expect(code).toBe(1);
    expect(stderr).toMatch(/^The database user lacks a right: [^\n]+DATABASE_MIGRATION_URL[^\n]+\n$/);
  });
});

describe('audit:verify says that nothing can be said', () => {
  it.each([
    [
      'there is no database, and makes none',
      { DATA_DIR: path('nowhere') },
      [],
      /^NOTHING VERIFIED: There is no database: /,
    ],
    [
      'the database is none',
      { DATA_DIR: path('broken-database') },
      [],
      /^NOTHING VERIFIED: The embedded database, /,
    ],
    [
      'migrations are missing',
      { DATA_DIR: path('unmigrated'), KEYRING_FILE: path('keyring.json') },
      [],
      /^NOTHING VERIFIED: The database lacks migrations /,
    ],
    [
      'the server does not run',
      { KEYRING_FILE: path('keyring.json'), DATABASE_URL: 'mysql://steward@127.0.0.1:1/x' },
      [],
      /^NOTHING VERIFIED: \S.* reached: /,
    ],
    ['a setting is wrong', { DATABASE_URL: 'x' }, [], /^NOTHING VERIFIED: The configuration has 1 mistake/],
    ['an option is wrong', {}, ['--quorum', 'abc'], /^error: option '--quorum/],
  ])('when %s', async (_name, settings, args, words) => {
    const before = readdirSync(files);
    const { code, stderr } = await run(steward('audit:verify', '--database', ...args), {
      DATA_DIR: path('nothing'),
      ...settings,
    });
    expect(stderr).toMatch(words);
    expect(stderr).not.toMatch(/^ {4}at /m);
    expect(code).toBe(2);
    expect(readdirSync(files)).toEqual(before);
  });

  it('when it cannot remember', async () => {
    const { code, stderr } = await run(
      steward('audit:verify', '--dir', files, '--remember', path('no/memory')),
    );
    expect(stderr).toMatch(/^NOTHING VERIFIED: \S+\/no cannot be used: no such file[^\n]+\n$/);
    expect(code).toBe(2);
  });
});
