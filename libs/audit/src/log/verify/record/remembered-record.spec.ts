import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database, newId, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { Keyring, Vault } from '#vault';
import { AdoptChanges } from '../../../adoption/adopt-changes.js';
import { PAYLOAD_COLUMNS } from '../../../capture/record-guards.js';
import { type Backup, backUp, restore, tamper, type Tamperer } from '../../../testing/tamper.js';
import { signAgain as signAgainAs } from '../../../testing/sign-again.js';
import { bootAudit, outside, Thing, Things } from '../../../testing/things.js';
import { Sequencer } from '../../sequencer/sequencer.js';
import { type AuditToVerify, verifyAudit } from '../verify-audit.js';
import { MEMORY_FILE_NAME } from '../../restore/checkpoint-memory.js';
import { DatabaseRecord } from './database-record.js';

describeOnEveryDialect('against what is remembered, the record', (dialect) => {
  let app: BootedModule;
  let dir: string;
  let memory: string;
  const ids: string[] = [];

  beforeEach(async () => {
    app = await bootAudit(dialect);
    dir = mkdtempSync(join(tmpdir(), 'steward-remember-'));
    memory = join(dir, 'memory');
    ids.length = 0;
    await grow(5);
  });
  afterEach(async () => {
    rmSync(dir, { recursive: true });
    await app.close();
  });

  async function grow(count: number): Promise<void> {
    for (let i = 0; i < count; i++) {
      const id = newId('thg');
      ids.push(id);
      await app
        .get(UnitOfWork)
        .run({ action: 'thing.create' }, () =>
          app.get(Things).things.insert({ id, title: 'a', amountMinor: 1n }),
        );
    }
    await app.get(Sequencer).drain();
  }
  const verify = (request: AuditToVerify = { remember: memory }) =>
    verifyAudit(request, { record: app.get(DatabaseRecord) });
  /** `forgetting` what the process that signs remembers outside the database. */
  const reboot = async ({ forgetting = false } = {}) => {
    await app.close({ keepDatabase: true });
    if (forgetting) rmSync(join(app.database.dataDir, MEMORY_FILE_NAME));
    app = await bootAudit(dialect, app.database);
  };

  const signAgain = (by: Tamperer) => signAgainAs(by, app.get(Keyring), app.get(Database).dialect.name);
  const removeLast = async (by: Tamperer, count: number) => {
    const last = await by.run(`SELECT id FROM audit_entry ORDER BY leaf_index DESC LIMIT ${count}`);
    for (const { id } of last) {
      const changes = await by.run('SELECT row_id AS r FROM row_change WHERE entry_id = ?', [id]);
      for (const { r } of changes) await by.run('DELETE FROM thing WHERE id = ?', [r]);
      await by.run('DELETE FROM row_change WHERE entry_id = ?', [id]);
      await by.run('DELETE FROM audit_entry WHERE id = ?', [id]);
    }
  };

  it('shows that its tail was rewritten and signed again, which nothing else shows', async () => {
    expect((await verify()).exitCode).toBe(0);
    const remembered = readFileSync(memory, 'utf8');
    await tamper(app.database, async (by) => {
      await by.run(`UPDATE audit_entry SET actor_id = 'usr_other' WHERE leaf_index = 5`);
      await signAgain(by);
    });
    await reboot({ forgetting: true });
    await grow(2);
    expect((await verify({})).exitCode).toBe(0);
    const { exitCode, report } = await verify();
    expect(report).toMatch(
      /1 thing is wrong\.\n- rewritten: The first 6 entries of log \S+ are not those that you remember: its history was/,
    );
    expect(exitCode).toBe(1);
    expect(readFileSync(memory, 'utf8')).toBe(remembered);
  });

  it('shows by itself that its tail was rewritten, once the process that signs has begun a new log', async () => {
    expect((await verify()).exitCode).toBe(0);
    await tamper(app.database, async (by) => {
      await by.run(`UPDATE audit_entry SET actor_id = 'usr_other' WHERE leaf_index = 5`);
      await signAgain(by);
    });
    await reboot();
    await grow(2);
    const words = /1 thing is wrong\.\n- rewritten: The first 6 entries of log \S+ are not those/.source;
    for (const acceptRestore of [false, true]) {
      expect((await verify({ acceptRestore })).report).toMatch(
        new RegExp(`${words} that log \\S+/2 continues: its history`),
      );
      expect(await verify({ acceptRestore, remember: memory })).toEqual({
        exitCode: 1,
        report: expect.stringMatching(
          new RegExp(`${words} that you remember and that log \\S+/2 continues: its history`),
        ),
      });
    }
  });

  it('shows that it was truncated, rows and all', async () => {
    expect((await verify()).exitCode).toBe(0);
    await tamper(app.database, async (by) => {
      await removeLast(by, 2);
      await signAgain(by);
    });
    await reboot();
    expect((await verify({})).exitCode).toBe(0);
    const truncated =
      /1 thing is wrong\.\n- truncated: Log \S+ has 4 entries; you remember 6 entries: the last/;
    expect((await verify()).report).toMatch(truncated);
    await grow(1);
    expect((await verify({})).report).toMatch(
      /1 thing is wrong\.\n- restored: Entries 4 to 5 of log \S+ are gone and cannot be compared: it has 4 entries, and log \S+\/2 continues it from 6 entries/,
    );
  });

  it('shows that an old database was restored, also when it went on since', async () => {
    let backup: Backup = new Map();
    await tamper(app.database, async (by) => void (backup = await backUp(by, app.database)));
    await grow(3);
    expect((await verify()).exitCode).toBe(0);
    await tamper(app.database, (by) => restore(by, backup));
    await reboot({ forgetting: true });
    expect((await verify({})).exitCode).toBe(0);
    expect((await verify()).report).toMatch(
      /- truncated: .*or an old database was restored without starting a new log/,
    );
    await grow(6);
    expect((await verify({})).exitCode).toBe(0);
    expect((await verify()).report).toMatch(/- rewritten: The first 9 entries of log/);
  });

  it('tells what a restore lost until that is accepted, and then sees that nothing more is lost', async () => {
    let backup: Backup = new Map();
    await tamper(app.database, async (by) => void (backup = await backUp(by, app.database)));
    await grow(3);
    expect((await verify()).exitCode).toBe(0);
    await tamper(app.database, (by) => restore(by, backup));
    await reboot();
    await grow(2);
    const lost =
      'Entries 6 to 8 of log \\S+ are gone and cannot be compared: it has 6 entries, and you remember 9 entries, and log \\S+/2 continues it from 9 entries';
    const told = {
      exitCode: 1,
      report: expect.stringMatching(new RegExp(`1 thing is wrong\\.\\n- restored: ${lost}`)),
    };
    expect(await verify()).toEqual(told);
    expect(await verify()).toEqual(told);
    const accepted = await verify({ remember: memory, acceptRestore: true });
    expect(accepted.report).toMatch(new RegExp(`Note +${lost}\\. That was accepted`));
    expect(accepted.exitCode).toBe(0);
    await grow(1);
    const { exitCode, report } = await verify();
    expect(report).toMatch(/Note +Entries 6 to 8 of log .* That was accepted/);
    expect(exitCode, report).toBe(0);
    await tamper(app.database, async (by) => {
      await by.run('DELETE FROM audit_entry WHERE log_number = 1');
      await by.run('DELETE FROM row_change WHERE log_number = 1');
      await by.run('DELETE FROM thing');
      await by.run('DELETE FROM audit_log_tile WHERE log_number = 1');
      await by.run('DELETE FROM audit_log WHERE number = 1');
    });
    expect((await verify()).report).toMatch(
      /- restored: Entries 0 to 8 of log \S+ are gone and cannot be compared: it is not there, and you remember 6 entries, and log/,
    );
  });

  it('is found out without memory when a tile or the checkpoint was edited', async () => {
    await tamper(app.database, async (by) => {
      const [tile] = await by.run('SELECT hashes FROM audit_log_tile WHERE level = 0');
      const hashes = Buffer.from(tile?.['hashes'] as Buffer);
      hashes[40]! ^= 1;
      await by.run('UPDATE audit_log_tile SET hashes = ? WHERE level = 0', [hashes]);
    });
    const { report } = await verify();
    expect(report).toMatch(/- tile: tile\/0\/000\.p\/\d+ does not hash to the signed root: it was changed/);
    expect(report).toMatch(/- entry_changed: Entry 1 of log/);
    expect(existsSync(memory)).toBe(false);
    await tamper(app.database, async (by) => {
      await signAgain(by);
      await by.run(`UPDATE audit_log SET checkpoint = REPLACE(checkpoint, '\n6\n', '\n9\n')`);
    });
    expect((await verify()).report).toMatch(
      /- checkpoint: The checkpoint of log \S+ is not to be believed: The signature/,
    );
  });

  it('is found out while triggers are off, and while a change made by hand is not adopted', async () => {
    await outside(app.database, `UPDATE thing SET title = 'hand' WHERE id = '${ids[0]}'`);
    expect((await verify()).report).toMatch(
      new RegExp(
        `1 thing is wrong\\.\n- change_unattributed: Row change \\d+ of thing ${ids[0]} \\(update by the database user .*\\) belongs to no entry`,
      ),
    );
    await app.get(AdoptChanges).adopt();
    await app.get(Sequencer).drain();
    expect((await verify()).exitCode).toBe(0);
    await outside(app.database, 'DROP TRIGGER steward_thing_update');
    expect((await verify()).report).toMatch(
      /1 thing is wrong\.\n- capture: .* trigger steward_thing_update on table thing is missing/,
    );
  });

  it('verifies after a person was erased', async () => {
    const vault = app.get(Vault);
    const ownerId = newId('usr');
    await vault.prepare([ownerId]);
    const row = vault.seal(Object.assign(new Thing(), { id: newId('thg'), ownerId, amountMinor: 1n }), {
      email: 'a@example.com',
    });
    const units = app.get(UnitOfWork);
    await units.run({ action: 'thing.create', subject: ownerId }, () => app.get(Things).things.insert(row));
    await app.get(Sequencer).drain();
    expect((await verify()).exitCode).toBe(0);
    await units.run({ action: 'person.erase', subject: ownerId }, () =>
      vault.eraseSubject(ownerId, 'account'),
    );
    await app.get(Sequencer).drain();
    const found = await app.get(Things).things.findBy({ id: row.id });
    expect((await vault.reveal(found, ['email'], 'support'))[0]).toMatchObject({ email: null });
    const { exitCode, report } = await verify();
    expect(exitCode, report).toBe(0);
  });

  it('verifies after payloads expired, and says which gaps that leaves', async () => {
    const rename = (title: string) =>
      app.get(UnitOfWork).run({ action: 'thing.rename' }, async (unit) => {
        await app.get(Things).things.update({ id: ids[0] }, { title });
        return unit.id;
      });
    const expired = await rename('b');
    await rename('c');
    await app.get(Sequencer).drain();
    expect((await verify()).exitCode).toBe(0);
    const clear = ['salt', ...PAYLOAD_COLUMNS].map((name) => `${name} = NULL`).join(', ');
    await outside(app.database, `UPDATE audit_entry SET ${clear} WHERE id = '${expired}'`);
    expect((await verify()).report).toMatch(
      new RegExp(
        `- payload_changed: entry \\d+ of log .* \\(${expired}\\) has no salt, as if its payload had expired, and still has 1 row changes`,
      ),
    );
    await outside(app.database, `DELETE FROM row_change WHERE entry_id = '${expired}'`);
    expect((await verify()).report).toMatch(
      /1 thing is wrong\.\n- payload_gone: The payloads of 1 entries with the action thing\.rename are gone, and the entries audit\.expire_payloads tell of 0/,
    );
    await app.get(UnitOfWork).run({ action: 'audit.expire_payloads' }, async (unit) => {
      unit.describe({ details: { action: 'thing.rename', entries: 1 } });
    });
    expect((await verify()).report).toContain('VERIFIED: nothing is wrong.');
    await app.get(Sequencer).drain();
    const { exitCode, report } = await verify();
    expect(report).toMatch(/the payload of 1 has expired/);
    expect(report).toMatch(/Note .*1 times a row's history has a gap where changes were dropped/);
    expect(exitCode).toBe(0);
  });
});
