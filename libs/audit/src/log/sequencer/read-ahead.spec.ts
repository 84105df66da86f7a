import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { Clock, Database, newId } from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { checkedLog } from '../../testing/check-log.js';
import { bootAudit, outside } from '../../testing/things.js';
import { LEASE_MS } from './lease.js';
import { Sequencer } from './sequencer.js';
import { SequencerSteps } from './steps.js';

describeOnEveryDialect('reading ahead', (dialect) => {
  const readsAhead = dialect !== 'sqlite';
  const batch = readsAhead ? 500 : 100;
  let app: BootedModule;
  let before: string[] = [];
  /** What the sequencer did in a test, in order. */
  let steps: string[] = [];

  beforeAll(async () => {
    app = await bootAudit(dialect);
  });
  beforeEach(async () => {
    vi.restoreAllMocks();
    await app.get(Sequencer).drain();
    before = await checkedLog(app);
    steps = [];
  });
  afterAll(() => app.close());

  const ids = (count: number) => Array.from({ length: count }, () => newId('aud'));
  /** Commits entries with these ids, each with a change, as somebody does whose transaction began when they were made. */
  const commit = async (...entries: string[]) => {
    const rows = (of: (id: string) => string) => entries.map((id) => `(${of(id)})`).join(', ');
    await outside(
      app.database,
      `INSERT INTO audit_entry (id, occurred_at, action, outcome, actor_kind)
       VALUES ${rows((id) => `'${id}', '2026-01-02 03:04:05.123456', 'thing.fill', 'succeeded', 'system'`)}`,
      `INSERT INTO row_change (table_name, row_id, operation, entry_id, database_user, changed_at)
       VALUES ${rows((id) => `'thing', 'x', 'insert', '${id}', 'y', '2026-01-02 03:04:05.000001'`)}`,
    );
  };
  /** Runs `work` for every batch that is about to be written; `untilLooked` waits until what is behind it was looked for. */
  const beforeEachWrite = (work: (turn: number, untilLooked: () => Promise<unknown>) => Promise<unknown>) => {
    const database = app.get(Database);
    const query = database.query.bind(database);
    let looked = 0;
    let turn = 0;
    vi.spyOn(database, 'query').mockImplementation(async (sql, parameters) => {
      const rows = await query(sql, parameters);
      if (sql.includes('NOT BETWEEN')) looked += 1;
      return rows as never;
    });
    vi.spyOn(app.get(SequencerSteps), 'reached').mockImplementation(async (step) => {
      steps.push(step);
      if (step !== 'batch_filled') return;
      turn += 1;
      await work(turn, () => vi.waitUntil(() => !readsAhead || looked === turn, { timeout: 10_000 }));
    });
  };
  const added = async () => {
    const log = await checkedLog(app);
    expect(log.slice(0, before.length)).toEqual(before);
    return log.slice(before.length);
  };

  it('reads a batch while the one before it is written, but not where that would hold up units', async () => {
    const entries = ids(3 * batch);
    await commit(...entries);
    const nextIsRead = () => steps.includes('next_batch_read');
    beforeEachWrite(async () => readsAhead && vi.waitUntil(nextIsRead, { timeout: 10_000 }));
    expect(await app.get(Sequencer).sequence()).toBe(true);
    expect(nextIsRead()).toBe(readsAhead);
    vi.restoreAllMocks();
    const reached = vi.spyOn(app.get(SequencerSteps), 'reached');
    expect(await app.get(Sequencer).sequence()).toBe(true);
    expect(reached.mock.calls[0]).toEqual([readsAhead ? 'checkpoint_signed' : 'entries_read']);
    await app.get(Sequencer).drain();
    expect(await added()).toEqual(entries);
  });

  it('gives an entry that is committed late its place within two batches, however many others come late', async () => {
    const late = ids(5);
    const entries = ids(6 * batch);
    // Among those of the second batch, under whose range a read ahead does not look.
    const [hidden] = entries.splice(batch + 10, 1);
    await commit(...entries);
    beforeEachWrite(async (turn, untilLooked) => {
      const lowest = late.pop();
      if (!lowest) return;
      await untilLooked();
      await commit(lowest, ...(turn === 2 && hidden ? [hidden] : []));
    });
    await app.get(Sequencer).drain();
    const log = await added();
    expect(log).toHaveLength(6 * batch + 5);
    expect(new Set(log).size).toBe(log.length);
    // SQLite gives what waits in the order in which it was committed.
    if (dialect !== 'sqlite') expect(log.indexOf(hidden ?? '')).toBeLessThan(4 * batch);
  });

  it('forgets what was read when the batch before it fails, and repeats nothing', async () => {
    const entries = ids(3 * batch + 1);
    await commit(...entries);
    beforeEachWrite(async () => {
      await vi.waitUntil(() => !readsAhead || steps.includes('next_batch_read'), { timeout: 10_000 });
      await outside(
        app.database,
        `INSERT INTO row_change (table_name, row_id, operation, entry_id, database_user, changed_at)
         VALUES ('thing', 'meanwhile', 'update', '${entries[0]}', 'mallory', '2026-01-01 00:00:00')`,
      );
    });
    expect(await app.get(Sequencer).sequence()).toBe(false);
    vi.restoreAllMocks();
    expect(await added()).toEqual([]);
    await app.get(Sequencer).drain();
    expect(await added()).toEqual(entries);
  });

  it.runIf(readsAhead)(
    'is not stopped by a read ahead that fails, alone or together with the batch',
    async () => {
      const entries = ids(3 * batch);
      await commit(...entries);
      const reached = vi.spyOn(app.get(SequencerSteps), 'reached').mockImplementation(async (step) => {
        if (step === 'next_batch_read') throw new Error('the read was lost');
      });
      expect(await app.get(Sequencer).sequence()).toBe(true);
      reached.mockImplementation(async (step) => {
        if (step === 'next_batch_read') throw new Error('the read was lost');
        if (step === 'batch_filled') throw new Error('the write was lost');
      });
      await expect(app.get(Sequencer).sequence()).rejects.toThrow('the write was lost');
      reached.mockRestore();
      await app.get(Sequencer).drain();
      expect(await added()).toEqual(entries);
    },
  );

  it('does no harm with what was read before another had the lease', async () => {
    const entries = ids(3 * batch);
    await commit(...entries);
    expect(await app.get(Sequencer).sequence()).toBe(true);
    const other = await bootAudit(dialect, app.database);
    vi.spyOn(other.get(Clock), 'now').mockImplementation(() => new Date(Date.now() + LEASE_MS + 1_000));
    for (let look = 0; look < 2; look += 1) await other.get(Sequencer).sequence();
    await other.get(Sequencer).drain();
    await other.close({ keepDatabase: true });
    expect(await app.get(Sequencer).sequence()).toBe(false);
    expect(await added()).toEqual(entries);
  });
});
