import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Clock, Database, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect, testDatabase, type TestDatabase } from '#kernel/testing';
import { checkedLog } from '../../testing/check-log.js';
import { bootAudit } from '../../testing/things.js';
import { LEASE_MS, LogLease } from './lease.js';
import { Sequencer } from './sequencer.js';
import { SEQUENCER_STEPS, SequencerSteps } from './steps.js';

describeOnEveryDialect('the lease of the log', (dialect) => {
  let database: TestDatabase;
  let one: BootedModule;
  let two: BootedModule;

  beforeEach(async () => {
    database = await testDatabase(dialect);
    one = await bootAudit(dialect, database);
    two = await bootAudit(dialect, database);
  });
  afterEach(async () => {
    await one.close({ keepDatabase: true });
    await two.close();
  });

  const act = () => one.get(UnitOfWork).run({ action: 'thing.act' }, async (unit) => unit.id);
  const sequence = (app: BootedModule) => app.get(Sequencer).sequence();
  const waiting = async () => {
    const rows = await one
      .get(Database)
      .query('SELECT COUNT(*) AS n FROM audit_entry WHERE leaf_index IS NULL');
    return Number(rows[0]?.['n']);
  };
  /** Lets time pass for one process. */
  const later = (app: BootedModule, ms: number) =>
    vi.spyOn(app.get(Clock), 'now').mockImplementation(() => new Date(Date.now() + ms));

  it('is held by one; another takes it when its time is over, at the second look', async () => {
    await sequence(one);
    expect(await waiting()).toBe(0);
    await act();
    await sequence(two);
    expect(await waiting()).toBe(1);
    later(two, LEASE_MS + 1_000);
    await sequence(two);
    expect(await waiting()).toBe(1);
    await sequence(two);
    expect(await waiting()).toBe(0);
    // The first one notices, and waits in its turn.
    await act();
    await sequence(one);
    await sequence(one);
    expect(await waiting()).toBe(1);
    expect(await sequence(two)).toBe(false);
    expect(await waiting()).toBe(0);
    await checkedLog(one);
  });

  it('stays with a holder that had nothing to do for long', async () => {
    await sequence(one);
    later(one, 10 * LEASE_MS);
    later(two, 10 * LEASE_MS);
    await act();
    await sequence(two);
    await sequence(one);
    expect(await waiting()).toBe(0);
    await sequence(two);
    await act();
    await sequence(two);
    expect(await waiting()).toBe(1);
  });

  it('is given back at once by a process that ends', async () => {
    await sequence(one);
    await act();
    await one.close({ keepDatabase: true });
    await sequence(two);
    one = await bootAudit(dialect, database);
    expect(await waiting()).toBe(0);
  });

  it('refuses the batch of a former holder even when the log has not grown since', async () => {
    await act();
    const { asleep, wake } = sleepAt(one.get(SequencerSteps), 'batch_filled');
    const sleeper = sequence(one);
    await asleep;
    later(two, LEASE_MS + 1_000);
    for (let look = 0; look < 2; look += 1) await two.get(LogLease).take();
    const before = await waiting();
    wake();
    await sleeper;
    expect(await waiting()).toBe(before);
    await two.get(Sequencer).drain();
    expect(await waiting()).toBe(0);
  });

  for (const step of SEQUENCER_STEPS.filter((each) => each !== 'batch_committed')) {
    it(`lets one that slept behind "${step}" until another had the lease do no harm`, async () => {
      await act();
      const { asleep, wake } = sleepAt(one.get(SequencerSteps), step);
      const sleeper = sequence(one);
      await asleep;
      later(two, LEASE_MS + 1_000);
      for (let look = 0; look < 2; look += 1) await sequence(two);
      const before = await checkedLog(two);
      expect(before.length).toBeGreaterThan(0);
      await act();
      wake();
      await sleeper;
      expect(await checkedLog(two)).toEqual(before);
      await two.get(Sequencer).drain();
      const after = await checkedLog(two);
      expect(after.slice(0, before.length)).toEqual(before);
      expect(after).toHaveLength(before.length + 1);
      expect(await waiting()).toBe(0);
    });
  }
});

/** Makes a sequencer wait behind a step until it is woken. */
function sleepAt(steps: SequencerSteps, at: string): { asleep: Promise<void>; wake: () => void } {
  let wake = () => {};
  const awake = new Promise<void>((resolve) => (wake = resolve));
  const asleep = new Promise<void>((resolve) => {
    vi.spyOn(steps, 'reached').mockImplementation(async (step) => {
      if (step !== at) return;
      resolve();
      await awake;
    });
  });
  return { asleep, wake };
}
