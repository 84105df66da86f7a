import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Database, newId, Sealed, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { bootAudit, changesOf, outside, Thing, Things } from '../testing/things.js';

const BIG = 9_007_199_254_740_993n;

describeOnEveryDialect('change capture', (dialect) => {
  let app: BootedModule;
  let units: UnitOfWork;
  let things: Things;

  beforeAll(async () => {
    app = await bootAudit(dialect);
    units = app.get(UnitOfWork);
    things = app.get(Things);
  });
  afterAll(() => app.close());
  beforeEach(() => units.run({ action: 'test.clear' }, async () => void (await things.things.deleteAll())));

  const write = (work: () => Promise<unknown>) =>
    units.run({ action: 'thing.write' }, async (unit) => {
      await work();
      return unit.id;
    });
  const insert = async (values: Partial<Thing> = {}) => {
    const id = values.id ?? newId('thg');
    await write(() => things.things.insert({ amountMinor: 1n, ...values, id }));
    return id;
  };
  const changesSince = async (work: () => Promise<unknown>, table = 'thing') => {
    const earlier = (await changesOf(app, table)).length;
    await work();
    return (await changesOf(app, table)).slice(earlier);
  };

  it('keeps the image of an inserted row: strings, exact numbers, sealed bytes in hexadecimal, no secrets', async () => {
    const id = newId('thg');
    const title = `Zoë's "quoted" \\ 😀\n\t\u0001`;
    const email = new Sealed<string>(Buffer.from([0, 255, 16]));
    let entry = '';
    const [change] = await changesSince(async () => {
      entry = await write(() =>
        things.things.insert({
          id,
          title,
          code: 'A',
          amountMinor: BIG,
          tokenHash: 'hush',
          email,
          ownerId: null,
        }),
      );
    });
    expect(change).toMatchObject({ table: 'thing', row: id, operation: 'insert', before: null, entry });
    expect(change?.after).toEqual({
      id,
      owner_id: null,
      title,
      code: 'A',
      amount_minor: BIG.toString(),
      email: '00FF10',
    });
    expect(change?.user).toMatch(dialect === 'sqlite' ? /^sqlite$/ : /^root@/);
  });

  it('keeps both images of an update and the last image of a deleted row', async () => {
    const id = await insert({ title: 'first' });
    const changes = await changesSince(async () => {
      await write(() => things.things.update({ id }, { title: 'second' }));
      await write(() => things.things.delete({ id }));
    });
    expect(
      changes.map(({ operation, before, after }) => [operation, before?.['title'], after?.['title']]),
    ).toEqual([
      ['update', 'first', 'second'],
      ['delete', 'second', undefined],
    ]);
  });

  it('sees what bulk updates, query builders and raw statements change', async () => {
    await insert({ title: 'a' });
    await insert({ title: 'b' });
    const changes = await changesSince(async () => {
      await write(() => things.things.createQueryBuilder().update().set({ title: 'c' }).execute());
      await write(() => app.get(Database).query(`UPDATE thing SET title = 'd' WHERE title = 'c'`));
      await write(() => things.things.increment({ title: 'd' }, 'amountMinor', 5));
    });
    expect(changes.map(({ before, after }) => [before?.['title'], after?.['title']])).toEqual([
      ['a', 'c'],
      ['b', 'c'],
      ['c', 'd'],
      ['c', 'd'],
      ['d', 'd'],
      ['d', 'd'],
    ]);
    expect(changes.at(-1)?.after?.['amount_minor']).toBe('6');
  });

  it('names a change made outside any unit by no entry', async () => {
    const id = await insert({ title: 'before' });
    const [change] = await changesSince(() =>
      outside(app.database, `UPDATE thing SET title = 'by hand' WHERE id = '${id}'`),
    );
    expect(change).toMatchObject({ row: id, entry: null, after: { title: 'by hand' } });
  });

  it('ends one history and begins another when a primary key changes', async () => {
    const id = await insert();
    const changes = await changesSince(() =>
      write(() => app.get(Database).query(`UPDATE thing SET id = 'thg_new' WHERE id = ?`, [id])),
    );
    expect(changes.map(({ operation, row }) => [operation, row])).toEqual([
      ['delete', id],
      ['insert', 'thg_new'],
    ]);
  });

  it('names a row with a key of several columns by all of them', async () => {
    const [change] = await changesSince(
      () => write(() => things.pairings.insert({ left: 'a', right: 'b' })),
      'pairing',
    );
    expect(change?.row).toBe('["a","b"]');
  });

  it('leaves out tables that are marked so', async () => {
    expect(
      await changesSince(() => write(() => things.scratches.insert({ id: newId('scr') })), 'scratch'),
    ).toEqual([]);
  });

  it('captures the inserts of an append-only table and refuses everything else, also from outside', async () => {
    const id = newId('rcp');
    const [change] = await changesSince(
      () => write(() => things.receipts.insert({ id, amountMinor: 7n })),
      'receipt',
    );
    expect(change).toMatchObject({ operation: 'insert', row: id });
    const refused = /table receipt is append-only/;
    await expect(write(() => things.receipts.update({ id }, { amountMinor: 8n }))).rejects.toThrow(refused);
    await expect(write(() => things.receipts.delete({ id }))).rejects.toThrow(refused);
    await expect(outside(app.database, `DELETE FROM receipt`)).rejects.toThrow(refused);
    await expect(
      outside(app.database, `REPLACE INTO receipt (id, amount_minor) VALUES ('${id}', 9)`),
    ).rejects.toThrow(/receipt/);
    expect((await things.receipts.findOneByOrFail({ id })).amountMinor).toBe(7n);
  });

  it('lets no REPLACE delete a row off the record', async () => {
    for (const by of ['id', 'code']) {
      const id = await insert({ code: `taken-${by}`, title: by });
      const row = by === 'id' ? `'${id}', NULL, 2` : `'${newId('thg')}', 'taken-code', 2`;
      const replace = `REPLACE INTO thing (id, code, amount_minor) VALUES (${row})`;
      const changes = await changesSince(() => outside(app.database, replace).catch(() => undefined));
      // MySQL fires the triggers of the deletion. SQLite does not, so there the statement is refused.
      const expected = dialect === 'sqlite' ? [] : ['delete', 'insert'];
      expect(changes.map(({ operation }) => operation)).toEqual(expected);
      expect(await things.things.existsBy({ id, title: by })).toBe(dialect === 'sqlite');
    }
  });

  if (dialect !== 'sqlite') return;

  it('lets plain duplicates, OR IGNORE and upserts do what they always do', async () => {
    const id = await insert({ code: 'one', title: 'first' });
    await expect(
      outside(app.database, `INSERT INTO thing (id, amount_minor) VALUES ('${id}', 2)`),
    ).rejects.toThrow('UNIQUE constraint failed: thing.id');
    await outside(
      app.database,
      `INSERT OR IGNORE INTO thing (id, amount_minor) VALUES ('${id}', 2)`,
      `INSERT INTO thing (id, amount_minor) VALUES ('${id}', 2) ON CONFLICT (id) DO UPDATE SET title = 'upserted'`,
      `INSERT OR IGNORE INTO thing (id, amount_minor, code) VALUES ('thg_late', 2, 'one')`,
      `INSERT INTO thing (id, amount_minor) VALUES ('thg_late', 2)`,
      `DELETE FROM thing`,
      `INSERT INTO thing (id, amount_minor, title) VALUES ('${id}', 3, 'again')`,
      `INSERT INTO thing (id, amount_minor, code) VALUES ('thg_two', 3, 'two')`,
    );
    await expect(
      outside(app.database, `UPDATE OR REPLACE thing SET code = 'two' WHERE id = '${id}'`),
    ).rejects.toThrow(/off the record/);
    expect((await things.things.findOneByOrFail({ id })).title).toBe('again');
    expect(await things.things.count()).toBe(2);
  });
});
