import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database, newId, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { bootAudit, changesOf, outside, Things } from '../testing/things.js';
import { AdoptChanges } from './adopt-changes.js';

describeOnEveryDialect('the adoption of unattributed changes', (dialect) => {
  let app: BootedModule;

  beforeAll(async () => {
    app = await bootAudit(dialect);
  });
  afterAll(() => app.close());

  const adoptAll = async () => {
    while (await app.get(AdoptChanges).adopt());
  };
  const entries = () =>
    app.get(Database).query(`SELECT * FROM audit_entry WHERE action = 'database.change' ORDER BY id`);

  it('accounts for a change made by hand, links it, and raises an alarm', async () => {
    const id = newId('thg');
    await app
      .get(UnitOfWork)
      .run({ action: 'thing.create' }, () =>
        app.get(Things).things.insert({ id, title: 'a', amountMinor: 1n }),
      );
    await adoptAll();
    expect(await entries()).toEqual([]);

    await outside(app.database, `UPDATE thing SET title = 'by hand' WHERE id = '${id}'`);
    await adoptAll();
    const [entry, ...more] = await entries();
    expect(more).toEqual([]);
    expect(entry).toMatchObject({ outcome: 'succeeded', resource_type: 'thing', resource_id: id });
    const details = JSON.parse(String(entry?.['details'])) as Record<string, unknown>;
    expect(details).toMatchObject({ table: 'thing', rows: 1, changes: 1 });
    expect(details['databaseUser']).toMatch(dialect === 'sqlite' ? /^sqlite$/ : /^root@/);
    expect((await changesOf(app, 'thing')).at(-1)).toMatchObject({
      entry: entry?.['id'],
      after: { title: 'by hand' },
    });
    const events = await app
      .get(Database)
      .query(`SELECT payload FROM outbox_message WHERE type = 'audit.unattributed_change_found'`);
    expect(events.map((row) => JSON.parse(String(row['payload'])) as unknown)).toEqual([
      { entryId: entry?.['id'], table: 'thing', databaseUser: details['databaseUser'], changes: 1 },
    ]);
    await adoptAll();
    expect(await entries()).toHaveLength(1);
  });

  it('accounts for many changes in batches, each exactly once, whoever else adopts at the same time', async () => {
    const rows = Array.from({ length: 1_200 }, (_, index) => `('hand${index}', 1)`).join(', ');
    await outside(app.database, `INSERT INTO thing (id, amount_minor) VALUES ${rows}`);
    const known = (await entries()).length;
    await Promise.all([adoptAll(), adoptAll(), adoptAll()]);
    await adoptAll();
    const counted = (await entries())
      .slice(known)
      .map((row) => (JSON.parse(String(row['details'])) as { changes: number }).changes);
    expect(counted.reduce((sum, changes) => sum + changes, 0)).toBe(1_200);
    const [open] = await app
      .get(Database)
      .query('SELECT COUNT(*) AS n FROM row_change WHERE entry_id IS NULL');
    expect(Number(open?.['n'])).toBe(0);
  });

  it('accounts for a change that names an entry which does not exist, or one that has its place', async () => {
    const id = newId('thg');
    const own = await app.get(UnitOfWork).run({ action: 'thing.create' }, async (unit) => {
      await app.get(Things).things.insert({ id, title: 'a', amountMinor: 1n });
      return unit.id;
    });
    const sequenced = await app.get(UnitOfWork).run({ action: 'thing.sequenced' }, async (unit) => unit.id);
    await outside(
      app.database,
      `UPDATE audit_entry SET leaf_index = 0, log_number = 1, salt = X'00', payload_hash = 'x' WHERE id = '${sequenced}'`,
    );
    const known = (await entries()).length;
    for (const claim of ['aud_invented', sequenced]) {
      await outside(
        app.database,
        `INSERT INTO row_change (table_name, row_id, operation, entry_id, database_user, changed_at)
         VALUES ('thing', '${id}', 'update', '${claim}', 'mallory', '2026-01-01 00:00:00')`,
      );
    }
    await Promise.all([adoptAll(), adoptAll()]);
    const adopted = (await entries()).slice(known);
    expect(
      adopted
        .map((row) => (JSON.parse(String(row['details'])) as Record<string, unknown>)['claimedEntry'])
        .sort(),
    ).toEqual(['aud_invented', sequenced].sort());
    const changes = (await changesOf(app, 'thing')).filter(({ row }) => row === id);
    expect(changes.map(({ entry }) => entry)).toEqual([
      own,
      ...changes.slice(1).map(({ entry }) => adopted.find((row) => row['id'] === entry)?.['id']),
    ]);
    expect(changes).toHaveLength(3);
    expect(changes.slice(1).every(({ entry }) => typeof entry === 'string')).toBe(true);
  });
});
