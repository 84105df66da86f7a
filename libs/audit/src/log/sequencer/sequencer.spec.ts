import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Database, newId, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { Vault } from '#vault';
import { AdoptChanges } from '../../adoption/adopt-changes.js';
import { checkedLog } from '../../testing/check-log.js';
import { bootAudit, outside, Thing, Things } from '../../testing/things.js';
import { LogStore } from '../log-store.js';
import { Sequencer } from './sequencer.js';
import { SequencerSteps } from './steps.js';

describeOnEveryDialect('the sequencer', (dialect) => {
  let app: BootedModule;
  let sequenced: string[] = [];

  beforeAll(async () => {
    app = await bootAudit(dialect);
  });
  afterAll(() => app.close());

  const query = (sql: string, parameters: unknown[] = []) => app.get(Database).query(sql, parameters);
  const act = (action: string, work: () => Promise<unknown> = async () => undefined) =>
    app.get(UnitOfWork).run({ action, resource: { type: 'thing', id: 'thg_x' } }, async (unit) => {
      await work();
      return unit.id;
    });
  const insert = (title: string) =>
    app.get(Things).things.insert({ id: newId('thg'), title, amountMinor: 1n });
  /** Sequences everything, checks the log from the tables, and gives the ids that came to it. */
  const sequence = async () => {
    await app.get(Sequencer).drain();
    const all = await checkedLog(app);
    expect(all.slice(0, sequenced.length)).toEqual(sequenced);
    const fresh = all.slice(sequenced.length);
    sequenced = all;
    return fresh;
  };
  const termsOf = async (id: string) =>
    (await query('SELECT term FROM audit_term WHERE entry_id = ? ORDER BY term', [id])).map(
      ({ term }) => term,
    );

  it('begins a log with what is on the record already, and signs it', async () => {
    expect(await app.get(LogStore).current()).toBeUndefined();
    const before = await query('SELECT id FROM audit_entry ORDER BY id');
    expect(before.length).toBeGreaterThan(0);
    expect(await sequence()).toEqual(before.map(({ id }) => id));
    const log = await app.get(LogStore).current();
    expect(log).toMatchObject({ number: 1, size: before.length, previous: null });
    expect(log?.checkpoint).toMatch(/^steward-[0-9a-f]{8}\/v1\/log\n\d+\n/);
  });

  it('gives each entry one place with its changes and its people, in the order of time', async () => {
    const vault = app.get(Vault);
    const ids = [
      await act('thing.create', () => insert('Zoë "quoted" 😀')),
      await act('thing.nothing'),
      await act('thing.create_two', async () => {
        await insert('a');
        await insert('b');
      }),
      ...(await Promise.all(Array.from({ length: 20 }, () => act('thing.many', () => insert('c'))))),
    ].sort();
    const owners = [newId('usr'), newId('usr')];
    await vault.prepare(owners);
    const rows = owners.map((ownerId) =>
      vault.seal(Object.assign(new Thing(), { id: newId('thg'), ownerId }), { email: 'x@example.com' }),
    );
    await vault.reveal(rows, ['email'], 'support.list');
    const [reveal] = await query(`SELECT id FROM audit_entry WHERE action = 'vault.reveal'`);
    expect(await sequence()).toEqual([...ids, reveal?.['id']]);
    expect(await sequence()).toEqual([]);
    expect(await termsOf(String(reveal?.['id']))).toEqual(
      expect.arrayContaining(owners.map((owner) => `subject:${owner}`)),
    );
    expect(await termsOf(ids[0] ?? '')).toEqual(
      expect.arrayContaining(['action:thing.create', 'resource:thing:thg_x', 'outcome:succeeded']),
    );
  });

  it('fills tiles, and carries the tree on after a restart', async () => {
    for (let round = 0; round < 3; round += 1) {
      await Promise.all(Array.from({ length: 250 }, () => act('thing.fill')));
      expect(await sequence()).toHaveLength(250);
      await app.close({ keepDatabase: true });
      app = await bootAudit(dialect, app.database);
    }
    const levels = await query(
      'SELECT level, COUNT(*) AS n FROM audit_log_tile GROUP BY level ORDER BY level',
    );
    expect(levels.map(({ level, n }) => [Number(level), Number(n)])).toEqual([
      [0, Math.ceil(sequenced.length / 256)],
      [1, 1],
    ]);
  });

  it('takes an entry that was committed late, with an id lower than others that have their places', async () => {
    const late = newId('aud');
    await act('thing.early');
    await sequence();
    await outside(
      app.database,
      `INSERT INTO audit_entry (id, occurred_at, action, outcome, actor_kind) VALUES ('${late}', '2026-01-02 03:04:05.123456', 'thing.late', 'succeeded', 'system')`,
      `INSERT INTO row_change (table_name, row_id, operation, entry_id, database_user, changed_at) VALUES ('thing', 'x', 'insert', '${late}', 'y', '2026-01-02 03:04:05.000001')`,
    );
    expect(await sequence()).toEqual([late]);
  });

  it('leaves changes that name no entry, an unknown one or one that has its place to adoption', async () => {
    const waiting = await act('thing.waiting', () => insert('own'));
    for (const claim of ['NULL', `'aud_invented'`, `'${sequenced[0]}'`, `'${waiting} '`]) {
      await outside(
        app.database,
        `INSERT INTO row_change (table_name, row_id, operation, entry_id, database_user, changed_at)
         VALUES ('thing', 'by hand', 'update', ${claim}, 'mallory', '2026-01-01 00:00:00')`,
      );
    }
    expect(await sequence()).toEqual([waiting]);
    while (await app.get(AdoptChanges).adopt());
    const adopted = await sequence();
    expect(adopted).toHaveLength(4);
    const [left] = await query('SELECT COUNT(*) AS n FROM row_change WHERE leaf_index IS NULL');
    expect(Number(left?.['n'])).toBe(0);
  });

  it('leaves a batch whose changes are not the ones that it hashed, and takes it again', async () => {
    const id = await act('thing.meanwhile', () => insert('own'));
    const reached = vi.spyOn(app.get(SequencerSteps), 'reached').mockImplementation(async (step) => {
      if (step !== 'batch_filled') return;
      reached.mockRestore();
      await outside(
        app.database,
        `INSERT INTO row_change (table_name, row_id, operation, entry_id, database_user, changed_at)
         VALUES ('thing', 'meanwhile', 'update', '${id}', 'mallory', '2026-01-01 00:00:00')`,
      );
    });
    expect(await app.get(Sequencer).sequence()).toBe(false);
    const [entry] = await query('SELECT leaf_index FROM audit_entry WHERE id = ?', [id]);
    expect(entry).toEqual({ leaf_index: null });
    expect(await sequence()).toEqual([id]);
    const [left] = await query('SELECT COUNT(*) AS n FROM row_change WHERE leaf_index IS NULL');
    expect(Number(left?.['n'])).toBe(0);
  });

  it('keeps an entry with more changes than it holds in memory whole', async () => {
    const rows = Array.from({ length: 4_500 }, (_, index) => `('many${index}', 1)`);
    const big = await act('thing.big', () =>
      app.get(Database).query(`INSERT INTO thing (id, amount_minor) VALUES ${rows.join(', ')}`),
    );
    const small = await act('thing.small', () => insert('behind'));
    expect(await sequence()).toEqual([big, small]);
    const [counted] = await query(`SELECT COUNT(*) AS n FROM audit_row_version WHERE row_id LIKE 'many%'`);
    expect(Number(counted?.['n'])).toBe(4_500);
  });
});
