import { execFile } from 'node:child_process';
import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import {
  type Backup,
  backUp,
  decodeBundle,
  encodeBundle,
  exportLog,
  restore,
  signAgain,
  signersOf,
  tamper,
  type Tamperer,
  TestLog,
} from '#audit/testing';
import { describeOnEveryDialect } from '#kernel/testing';
import { Keyring, type KeyringMaterial } from '#vault';
import { logInAsAdministrator } from '../support/people.js';
import { root } from '../support/rooms.js';
import { StewardProcess } from '../support/steward-process.js';
import { until } from '../support/until.js';

describeOnEveryDialect('steward audit:verify', (dialect) => {
  const files = mkdtempSync(join(tmpdir(), 'steward-cli-'));
  const path = (...names: string[]) => join(files, ...names);
  let steward: StewardProcess;
  let keyring: Keyring;
  /** The database as it is remembered, and as it was a few entries before. */
  let backup: Backup;
  let earlier: Backup;
  /** What was said before anybody touched it. */
  const intact: { readonly code: number; readonly said: string }[] = [];

  beforeAll(async () => {
    steward = await StewardProcess.start({ dialect });
    const material = readFileSync(join(steward.database.dataDir, 'keyring.json'), 'utf8');
    keyring = new Keyring(JSON.parse(material) as KeyringMaterial);
    await act();
    await steward.stop({ keepDatabase: true });
    earlier = await copyOfDatabase();
    await run('audit:copy', '--database', '--entries', '--to', path('earlier'));
    await start();
    await act();
    intact.push(await verify('--url', `${steward.baseUrl}/v1/log`));
    await steward.stop({ keepDatabase: true });
    backup = await copyOfDatabase();
    await run('audit:copy', '--database', '--entries', '--to', path('log'));
    intact.push(await verify('--database'));
  }, 120_000);
  afterAll(async () => {
    await steward.stop();
    rmSync(files, { recursive: true, force: true });
  });

  /** The command as an operator gives it, on this installation. */
  const run = (...args: string[]) =>
    new Promise<{ code: number; said: string }>((resolve) => {
      const env = { ...process.env, ...steward.database.environment, LOG_LEVEL: 'silent' };
      const command = ['dist/apps/cli/src/main.js', ...args];
      execFile(process.execPath, command, { cwd: root, env }, (error, stdout, stderr) =>
        resolve({ code: Number(error?.code ?? 0), said: stdout + stderr }),
      );
    });
  const verify = (...args: string[]) => run('audit:verify', '--remember', path('memory'), ...args);
  const start = async () => {
    steward = await StewardProcess.start({ dialect, database: steward.database });
  };
  const sizeServed = async () => {
    const response = await fetch(`${steward.baseUrl}/v1/log/checkpoint`);
    return Number((await response.text()).split('\n')[1]);
  };
  /** Three entries more, in the log. */
  async function act(): Promise<void> {
    const client = await logInAsAdministrator(steward);
    const size = await until('a log', async () => (await sizeServed()) || undefined);
    for (const name of ['Ada', 'Grace', 'Edith'])
      await client.updateMyProfile({ body: { name }, throwOnError: true });
    await until('the entries to be logged', async () => (await sizeServed()) >= size + 3 || undefined);
  }
  async function copyOfDatabase(): Promise<Backup> {
    let copy: Backup = new Map();
    await tamper(steward.database, async (by) => void (copy = await backUp(by, steward.database)));
    return copy;
  }
  const size = () => Number(backup.get('audit_log')?.[0]?.['size']);

  const move = async (by: Tamperer, from: number, to: number) => {
    for (const table of ['audit_entry', 'row_change'])
      await by.run(`UPDATE ${table} SET leaf_index = ${to} WHERE leaf_index = ${from}`);
  };
  const remove = async (by: Tamperer, place: number) => {
    for (const table of ['audit_entry', 'row_change'])
      await by.run(`DELETE FROM ${table} WHERE leaf_index = ${place}`);
  };
  const sign = (by: Tamperer) => signAgain(by, keyring, dialect === 'sqlite' ? 'sqlite' : 'mysql');

  const databases: [string, (by: Tamperer) => Promise<unknown>, RegExp][] = [
    [
      'an entry that was changed',
      (by) => by.run(`UPDATE audit_entry SET action = 'user.praise' WHERE leaf_index = ${size() - 2}`),
      /1 thing is wrong\.\n- entry_changed: Entry \d+ of log \S+ \(aud_\w+\) is not what was logged/,
    ],
    [
      'an entry that was deleted',
      (by) => remove(by, size() - 2),
      /- entry_missing: Entry \d+ of log \S+ was deleted: the log has its leaf, and no row stands at its place/,
    ],
    [
      'two entries that were swapped',
      async (by) => {
        await move(by, size() - 2, -1);
        await move(by, size() - 1, size() - 2);
        await move(by, -1, size() - 1);
      },
      /2 things are wrong\.\n(- entry_changed: Entry \d+ of log \S+ \(aud_\w+\) was moved: it was logged at place \d+.*\n){2}/,
    ],
    [
      'a tail that was rewritten and signed again',
      async (by) => {
        await by.run(`UPDATE audit_entry SET actor_id = 'usr_other' WHERE leaf_index = ${size() - 1}`);
        await sign(by);
      },
      /1 thing is wrong\.\n- rewritten: The first \d+ entries of log \S+ are not those that you remember/,
    ],
    [
      'a log that was truncated and signed again',
      async (by) => {
        await remove(by, size() - 1);
        await sign(by);
      },
      /- truncated: Log \S+ has \d+ entries; you remember \d+ entries: the last were removed/,
    ],
    [
      'an old database that was put in place',
      (by) => restore(by, earlier),
      /1 thing is wrong\.\n- truncated: .*, or an old database was restored without starting a new log/,
    ],
    [
      'a row that was changed while the triggers were off',
      (by) => by.run('UPDATE user SET version = version + 7'),
      /1 thing is wrong\.\n- row_changed: Row user usr_\w+ is not what change \d+ \(entry aud_\w+\) left: version changed/,
    ],
    [
      'a tile that was edited',
      async (by) => {
        const [tile] = await by.run('SELECT hashes FROM audit_log_tile WHERE level = 0');
        const hashes = Buffer.from(tile?.['hashes'] as Buffer);
        hashes[40]! ^= 1;
        await by.run('UPDATE audit_log_tile SET hashes = ? WHERE level = 0', [hashes]);
      },
      /- tile: tile\/0\/000\.p\/\d+ does not hash to the signed root: it was changed/,
    ],
  ];

  it('verifies what nobody touched, over HTTP and on the installation', () => {
    expect(intact).toEqual([
      { code: 0, said: expect.stringContaining('VERIFIED: nothing is wrong.') },
      { code: 0, said: expect.stringMatching(/\d+ row changes compared with[^]*VERIFIED: nothing is wrong/) },
    ]);
  });

  it.each(databases)('--database names %s', async (_name, change, words) => {
    await tamper(steward.database, async (by) => void (await change(by)));
    try {
      const { code, said } = await verify('--database');
      expect(said).toMatch(words);
      expect(code).toBe(1);
    } finally {
      await tamper(steward.database, (by) => restore(by, backup));
    }
  });

  const bundle = (leaves: (all: Buffer[]) => Uint8Array[]) => (dir: string) => {
    const file = join(dir, `tile/entries/000.p/${size()}`);
    writeFileSync(file, encodeBundle(leaves(decodeBundle(readFileSync(file)))));
  };
  /** Another log with the name and the keys of this one. */
  const forge = (leaves: (all: Buffer[]) => Uint8Array[]) => async (dir: string) => {
    const all = decodeBundle(readFileSync(join(dir, `tile/entries/000.p/${size()}`)));
    const [origin = ''] = readFileSync(join(dir, 'checkpoint'), 'utf8').split('\n');
    const forged = new TestLog(origin, signersOf(keyring, origin)).append(leaves(all));
    rmSync(dir, { recursive: true });
    await exportLog(forged, dir, { withEntries: true });
  };
  const praised = (leaf: Buffer) => Buffer.from(leaf.toString().replace(/"action":"\w+/, '"action":"praise'));

  const directories: [string, (dir: string) => unknown, RegExp][] = [
    [
      'an entry that was changed',
      bundle((all) => all.with(-2, praised(all.at(-2)!))),
      /1 thing is wrong\.\n- leaf: Entry \d+ \(it says aud_\w+\) in tile\/entries\/\S+ is not what was logged/,
    ],
    [
      'an entry that was deleted',
      bundle((all) => all.slice(0, -1)),
      /1 thing is wrong\.\n- leaf: tile\/entries\/\S+ has \d+ entries; the tree has \d+ there: some were removed/,
    ],
    [
      'two entries that were swapped',
      bundle((all) => all.with(-1, all.at(-2)!).with(-2, all.at(-1)!)),
      /2 things are wrong\.\n(- leaf: Entry \d+ \(it says aud_\w+\) in .* is not what was logged.*\n){2}/,
    ],
    [
      'a tail that was rewritten and signed again',
      forge((all) => all.with(-1, praised(all.at(-1)!))),
      /1 thing is wrong\.\n- rewritten: The first \d+ entries of log \S+ are not those that you remember/,
    ],
    [
      'a log that was truncated and signed again',
      forge((all) => all.slice(0, -1)),
      /1 thing is wrong\.\n- truncated: Log \S+ has \d+ entries; you remember \d+ entries: the last were removed/,
    ],
    [
      'an old copy',
      (dir) => {
        rmSync(dir, { recursive: true });
        cpSync(path('earlier'), dir, { recursive: true });
      },
      /1 thing is wrong\.\n- truncated: .*, or an old database was restored without starting a new log/,
    ],
    [
      'a tile that was edited',
      (dir) => {
        const file = join(dir, `tile/0/000.p/${size()}`);
        const hashes = readFileSync(file);
        hashes[40]! ^= 1;
        writeFileSync(file, hashes);
      },
      /- tile: tile\/0\/000\.p\/\d+ does not hash to the signed root: it was changed/,
    ],
  ];

  // Files are the same whatever database they came from.
  const offline = dialect === 'sqlite' ? directories : [];
  it.each(offline)('--dir names %s', async (_name, change, words) => {
    rmSync(path('edited'), { recursive: true, force: true });
    cpSync(path('log'), path('edited'), { recursive: true });
    await change(path('edited'));
    const { code, said } = await verify('--dir', path('edited'));
    expect(said).toMatch(words);
    expect(code).toBe(1);
  });

  it('names what a restore has lost, here and from outside, until that is accepted', async () => {
    await tamper(steward.database, (by) => restore(by, earlier));
    await start();
    await logInAsAdministrator(steward);
    await until('a new log', async () => (await fetch(`${steward.baseUrl}/v1/log/2/key`)).ok || undefined);
    const words =
      /1 thing is wrong\.\n- restored: Entries \d+ to \d+ of log \S+ are gone and cannot be compared: it has \d+ entries, and/;
    const url = `${steward.baseUrl}/v1/log`;
    expect(await verify('--url', url)).toEqual({ code: 1, said: expect.stringMatching(words) });
    await steward.stop({ keepDatabase: true });
    expect(await verify('--database')).toEqual({ code: 1, said: expect.stringMatching(words) });
    expect((await verify('--database', '--accept-restore')).code).toBe(0);
    const { code, said } = await verify('--database');
    expect(said).toMatch(/Note +Entries \d+ to \d+ of log .* That was accepted/);
    expect(code).toBe(0);
  });
});
