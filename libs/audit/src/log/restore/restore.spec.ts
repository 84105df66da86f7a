import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { Database, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect, testDatabase, type TestDatabase } from '#kernel/testing';
import { backUp } from '../../testing/backup.js';
import { checkedLog } from '../../testing/check-log.js';
import { bootAudit, outside } from '../../testing/things.js';
import { parseLeaf } from '../leaf/leaf.js';
import { LogLeaves } from '../log-leaves.js';
import { LogStore } from '../log-store.js';
import { Sequencer } from '../sequencer/sequencer.js';
import { MEMORY_FILE_NAME } from './checkpoint-memory.js';
import { NewLog, NothingLost } from './new-log.js';

describeOnEveryDialect('a log that the database has lost entries of', (dialect) => {
  let database: TestDatabase;
  let app: BootedModule;

  beforeEach(async () => {
    database = await testDatabase(dialect);
    app = await bootAudit(dialect, database);
  });
  afterEach(async () => {
    await app.close({ keepDatabase: true });
    await database.remove();
  });

  const restart = async (at: TestDatabase = app.database) => {
    await app.close({ keepDatabase: true });
    app = await bootAudit(dialect, at);
  };
  /** So many units of work, sequenced; gives the signed checkpoint. */
  const grow = async (count: number) => {
    for (let index = 0; index < count; index += 1)
      await app.get(UnitOfWork).run({ action: 'thing.act' }, async () => undefined);
    await app.get(Sequencer).drain();
    return (await current()).checkpoint ?? '';
  };
  const current = async () => {
    const log = await app.get(LogStore).current();
    if (!log) throw new Error('There is no log');
    return log;
  };
  const zeros = dialect === 'sqlite' ? 'zeroblob(length(hashes))' : `REPEAT(X'00', LENGTH(hashes))`;
  const query = (sql: string) => app.get(Database).query(sql);
  const beginnings = async () => {
    const rows = await query(`SELECT details FROM audit_entry WHERE action = 'audit.begin_log' ORDER BY id`);
    return rows.map(({ details }) => JSON.parse(String(details)) as Record<string, unknown>);
  };

  it('is left as it is, and continued by another whose first leaf is its last checkpoint', async () => {
    await grow(3);
    await app.close({ keepDatabase: true });
    const backup = await backUp(database);
    app = await bootAudit(dialect, database);
    const lost = await grow(4);
    const { size: lostSize, origin } = await current();
    await app.close({ keepDatabase: true });

    app = await bootAudit(dialect, await backup.restore());
    const restored = await current();
    await grow(2);
    const log = await current();
    expect(log).toMatchObject({ number: 2, origin: `${origin}/2`, previous: lost });
    const [first] = await app.get(LogLeaves).read(log, 0, 1);
    expect(parseLeaf(first ?? Buffer.alloc(0))).toMatchObject({ type: 'origin', previous: lost });
    expect((await checkedLog(app, 2)).length).toBeGreaterThanOrEqual(2);
    expect(await app.get(LogStore).log(1)).toEqual(restored);
    await checkedLog(app, 1);
    expect(await beginnings()).toEqual([
      {
        logNumber: 2,
        origin: `${origin}/2`,
        previousOrigin: origin,
        previousSize: lostSize,
        sizeInDatabase: restored.size,
        shortfall: 'shorter',
      },
    ]);
    const events = await query(`SELECT payload FROM outbox_message WHERE type = 'audit.log_restarted'`);
    expect(events).toHaveLength(1);

    // From now on it is the log, also for the next process.
    await restart();
    await grow(2);
    expect((await current()).number).toBe(2);
    expect(await beginnings()).toHaveLength(1);

    // The same backup once more: the number of the second log is not given again.
    const second = (await current()).checkpoint;
    await app.close({ keepDatabase: true });
    app = await bootAudit(dialect, await backup.restore());
    await grow(1);
    expect(await current()).toMatchObject({ number: 3, origin: `${origin}/3`, previous: second });
    expect((await beginnings()).map(({ shortfall }) => shortfall)).toEqual(['absent']);
    await checkedLog(app, 3);
  });

  it('is noticed beneath a running process', async () => {
    await grow(2);
    const old = await current();
    const lost = await grow(3);
    await outside(
      app.database,
      `UPDATE audit_log SET size = ${old.size}, checkpoint = '${old.checkpoint ?? ''}'`,
    );
    await grow(1);
    await grow(1);
    expect(await current()).toMatchObject({ number: 2, previous: lost });
    expect((await beginnings()).map(({ shortfall }) => shortfall)).toEqual(['shorter']);
  });

  it('is noticed when it has as many entries, and others', async () => {
    await grow(2);
    const lost = await grow(3);
    await outside(app.database, `UPDATE audit_log_tile SET hashes = ${zeros}`);
    await restart();
    await grow(1);
    expect(await current()).toMatchObject({ number: 2, previous: lost });
    expect((await beginnings()).map(({ shortfall }) => shortfall)).toEqual(['different']);
  });

  it('is not seen in a remembered checkpoint of somebody else, or in no checkpoint at all', async () => {
    const other = await bootAudit(dialect);
    await other.get(UnitOfWork).run({ action: 'thing.act' }, async () => undefined);
    await other.get(Sequencer).drain();
    const foreign = (await other.get(LogStore).current())?.checkpoint ?? '';
    await other.close();
    await grow(2);
    for (const text of [foreign, 'no checkpoint', '']) {
      await app.close({ keepDatabase: true });
      writeFileSync(join(database.dataDir, MEMORY_FILE_NAME), text);
      app = await bootAudit(dialect, database);
      await grow(1);
      expect((await current()).number).toBe(1);
    }
    await checkedLog(app);
  });

  it('can be continued by hand, by whoever remembers a checkpoint, beneath a running sequencer', async () => {
    const known = await grow(2);
    await app.close({ keepDatabase: true });
    const backup = await backUp(database);
    app = await bootAudit(dialect, database);
    const lost = await grow(2);
    await app.close({ keepDatabase: true });
    rmSync(join(database.dataDir, MEMORY_FILE_NAME));

    app = await bootAudit(dialect, await backup.restore());
    await grow(4);
    expect((await current()).number).toBe(1);
    const byHand = await bootAudit(dialect, app.database);
    await expect(byHand.get(NewLog).begin(known)).rejects.toThrow(NothingLost);
    await expect(byHand.get(NewLog).begin(lost.replace(/\n\d+\n/, '\n9999\n'))).rejects.toThrow(/signature/);
    expect(await byHand.get(NewLog).begin(lost)).toMatchObject({ number: 2, previous: lost });
    await byHand.close({ keepDatabase: true });
    await grow(1);
    await grow(1);
    const log = await current();
    expect(log).toMatchObject({ number: 2, previous: lost });
    expect(log.size).toBeGreaterThan(2);
    await checkedLog(app, 1);
    await checkedLog(app, 2);
  });
});
