import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { Database, newId, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { Vault } from '#vault';
import { AdoptChanges } from '../../../adoption/adopt-changes.js';
import { insertRows, tamper, type Tamperer } from '../../../testing/tamper.js';
import { bootAudit, outside, Thing, Things } from '../../../testing/things.js';
import { Sequencer } from '../../sequencer/sequencer.js';
import { verifyAudit } from '../verify-audit.js';
import { DatabaseRecord } from './database-record.js';

describeOnEveryDialect('the record of an intact database', (dialect) => {
  let app: BootedModule;
  beforeAll(async () => {
    app = await bootAudit(dialect);
  });
  afterAll(() => app.close());
  const verify = () => verifyAudit({}, { record: app.get(DatabaseRecord) });
  const act = (work: (things: Things) => Promise<unknown>) =>
    app.get(UnitOfWork).run({ action: 'thing.act', purpose: 'testing' }, () => work(app.get(Things)));

  it('has nothing to be verified while nothing is sequenced', async () => {
    expect(await verify()).toEqual({
      exitCode: 2,
      report: expect.stringMatching(/NOTHING VERIFIED: Nothing has been sequenced/),
    });
  });

  it('verifies with every kind of change, and counts what it compared', async () => {
    const ids = Array.from({ length: 5 }, () => newId('thg'));
    const owner = newId('usr');
    await app.get(Vault).prepare([owner]);
    await act(async ({ things, receipts, pairings }) => {
      for (const id of ids)
        await things.insert(
          app
            .get(Vault)
            .seal(
              Object.assign(new Thing(), { id, ownerId: owner, title: `ü"\\ ${id}`, amountMinor: 2n ** 53n }),
              {
                email: 'a@example.com',
              },
            ),
        );
      await receipts.insert({ id: newId('rcp'), amountMinor: 7n });
      await pairings.insert({ left: 'lft_"', right: 'rgt_,' });
    });
    await act(({ things }) => things.update({ id: ids[0]! }, { title: null, tokenHash: 'secret' }));
    await act(({ things }) => things.update({ ownerId: owner }, { amountMinor: 5n }));
    await act(({ things, pairings }) =>
      Promise.all([things.delete({ id: ids[1]! }), pairings.delete({ left: 'lft_"' })]),
    );
    await act(({ things }) => things.insert({ id: ids[1]!, amountMinor: 1n }));
    await outside(app.database, `UPDATE thing SET title = 'by hand' WHERE id = '${ids[2]}'`);
    await app.get(AdoptChanges).adopt();
    const vault = app.get(Vault);
    const rows = await app.get(Things).things.findBy({ ownerId: owner });
    await vault.reveal(rows, ['email'], 'support.list');
    await app.get(Sequencer).drain();
    const { exitCode, report } = await verify();
    expect(report).toContain('VERIFIED: nothing is wrong.');
    expect(report).toMatch(
      /\d+ entries and \d+ row changes compared with the leaves of steward-[0-9a-f]{8}\/v1\/log/,
    );
    expect(report).toMatch(/lead from one to the next, and to \d+ present rows in 3 tables/);
    expect(exitCode).toBe(0);
  });

  it('verifies while others write, and says what waits', async () => {
    let isDone = false;
    const writing = (async () => {
      for (; !isDone; await setImmediate())
        await act(({ things }) => things.insert({ id: newId('thg'), amountMinor: 1n }));
    })();
    try {
      for (let round = 0; round < 5; round++) {
        await app.get(Sequencer).sequence();
        const { exitCode, report } = await verify();
        expect(exitCode, report).toBe(0);
      }
    } finally {
      isDone = true;
    }
    await writing;
    await act(({ things }) => things.insert({ id: newId('thg'), amountMinor: 1n }));
    expect((await verify()).report).toMatch(/Note .*\d+ entries wait for their place in the log/);
    await app.get(Sequencer).drain();
  });

  it('verifies with an entry of more changes than are read at a time', async () => {
    const rows = Array.from({ length: 9_000 }, (_, index) => `('many${index}', 1)`);
    await act(() =>
      app.get(Database).query(`INSERT INTO thing (id, amount_minor) VALUES ${rows.join(', ')}`),
    );
    await act(() => app.get(Database).query(`UPDATE thing SET amount_minor = 3 WHERE id LIKE 'many%'`));
    await app.get(Sequencer).drain();
    const { exitCode, report } = await verify();
    expect(exitCode, report).toBe(0);
  });
});

describeOnEveryDialect('tampering with the database is found out:', (dialect) => {
  let app: BootedModule;
  let dir: string;
  let ids: string[];
  let entries: string[];

  beforeAll(async () => {
    app = await bootAudit(dialect);
    dir = mkdtempSync(join(tmpdir(), 'steward-tamper-'));
  });
  afterAll(async () => {
    rmSync(dir, { recursive: true });
    await app.close();
  });

  const act = (action: string, work: (things: Things) => Promise<unknown>) =>
    app.get(UnitOfWork).run({ action, purpose: 'testing' }, async (unit) => {
      unit.describe({ details: { colour: 'red' } });
      await work(app.get(Things));
      return unit.id;
    });
  const verify = (request = {}) => verifyAudit(request, { record: app.get(DatabaseRecord) });

  beforeEach(async () => {
    ids = [newId('thg'), newId('thg')];
    entries = [
      await act('thing.create', ({ things }) => things.insert({ id: ids[0]!, title: 'a', amountMinor: 1n })),
      await act('thing.create', ({ things }) => things.insert({ id: ids[1]!, title: 'b', amountMinor: 2n })),
      await act('thing.rename', ({ things }) => things.update({ id: ids[0]! }, { title: 'c' })),
    ];
    await app.get(Sequencer).drain();
  });

  /** Tampers, expects to be told so in these words and of nothing else, and undoes it. */
  async function expectFound(
    change: (by: Tamperer) => Promise<unknown>,
    undo: (by: Tamperer) => Promise<unknown>,
    ...words: readonly RegExp[]
  ): Promise<void> {
    await tamper(app.database, async (by) => void (await change(by)));
    const { exitCode, report } = await verify();
    await tamper(app.database, async (by) => void (await undo(by)));
    for (const word of words) expect(report).toMatch(word);
    expect(report).toContain(`${words.length} ${words.length === 1 ? 'thing is' : 'things are'} wrong`);
    expect(exitCode).toBe(1);
    const after = await verify();
    expect(after.report).toContain('VERIFIED: nothing is wrong.');
  }
  const sql = (text: string, parameters?: unknown[]) => (by: Tamperer) => by.run(text, parameters);
  const entryAs = (id: string) => `Entry \\d+ of log \\S+ \\(${id}\\)`;

  it('an entry that was changed', async () => {
    await expectFound(
      sql(`UPDATE audit_entry SET action = 'thing.praise' WHERE id = ?`, [entries[1]]),
      sql(`UPDATE audit_entry SET action = 'thing.create' WHERE id = ?`, [entries[1]]),
      new RegExp(
        `- entry_changed: ${entryAs(entries[1]!)} is not what was logged: its time, action, outcome`,
      ),
    );
  });

  it('an entry whose details were changed, and one with a person added', async () => {
    await expectFound(
      sql(`UPDATE audit_entry SET details = '{"colour":"blue"}' WHERE id = ?`, [entries[1]]),
      sql(`UPDATE audit_entry SET details = '{"colour":"red"}' WHERE id = ?`, [entries[1]]),
      new RegExp(
        `- payload_changed: The payload of entry \\d+ of log \\S+ \\(${entries[1]}\\) is not what was logged`,
      ),
    );
    await expectFound(
      sql(`INSERT INTO audit_entry_subject (entry_id, subject_id) VALUES (?, 'usr_x')`, [entries[1]]),
      sql(`DELETE FROM audit_entry_subject WHERE entry_id = ?`, [entries[1]]),
      new RegExp(`- payload_changed: The payload of entry .*${entries[1]}`),
    );
  });

  it('an entry whose payload hash was made to fit', async () => {
    let before: Record<string, unknown> | undefined;
    await expectFound(
      async (by) => {
        [before] = await by.run('SELECT payload_hash FROM audit_entry WHERE id = ?', [entries[1]]);
        await by.run('UPDATE audit_entry SET payload_hash = ? WHERE id = ?', [
          `${'B'.repeat(42)}A=`,
          entries[1],
        ]);
      },
      (by) =>
        by.run('UPDATE audit_entry SET payload_hash = ? WHERE id = ?', [
          before?.['payload_hash'],
          entries[1],
        ]),
      new RegExp(`- entry_changed: ${entryAs(entries[1]!)} was changed: its payload_hash is not the one`),
    );
  });

  it('a row change that was changed, deleted, added or given to another entry', async () => {
    const change = `WHERE table_name = 'thing' AND row_id = '${ids[1]}'`;
    await expectFound(
      sql(`UPDATE row_change SET operation = 'INSERT' ${change}`),
      sql(`UPDATE row_change SET operation = 'insert' ${change}`),
      new RegExp(`- payload_changed: The payload of entry .*${entries[1]}.*one of its 1 row changes`),
    );
    await expectFound(
      sql(`UPDATE row_change SET entry_id = '${entries[0]}' ${change}`),
      sql(`UPDATE row_change SET entry_id = '${entries[1]}' ${change}`),
      new RegExp(
        `- change_unattributed: Row change \\d+ of thing ${ids[1]} stands at the place of entry \\d+ of log \\S+ \\(${entries[1]}\\) and names ${entries[0]} instead`,
      ),
    );
    let rows: Record<string, unknown>[] = [];
    await expectFound(
      async (by) => {
        rows = await by.run(`SELECT * FROM row_change ${change}`);
        await by.run(`DELETE FROM row_change ${change}`);
      },
      (by) => insertRows(by, 'row_change', rows),
      new RegExp(`- payload_changed: The payload of entry .*${entries[1]}.*one of its 0 row changes`),
      new RegExp(
        `- row_changed: Row thing ${ids[1]} has no history: it was inserted while nobody captured it`,
      ),
    );
  });

  it.each([
    ['in the middle', 1, /has no history: it was inserted while nobody captured it/],
    ['at the end', 2, /is not what change \d+ \(entry \S+\) left: title changed/],
  ])('an entry %s that was deleted, with all that belongs to it', async (_name, which, words) => {
    const kept = new Map<string, Record<string, unknown>[]>();
    await expectFound(
      async (by) => {
        for (const [table, column] of [
          ['audit_entry', 'id'],
          ['row_change', 'entry_id'],
        ] as const) {
          kept.set(table, await by.run(`SELECT * FROM ${table} WHERE ${column} = ?`, [entries[which]]));
          await by.run(`DELETE FROM ${table} WHERE ${column} = ?`, [entries[which]]);
        }
      },
      async (by) => {
        for (const [table, rows] of kept) await insertRows(by, table, rows);
      },
      /- entry_missing: Entry \d+ of log \S+ was deleted: the log has its leaf, and no row stands at its place/,
      new RegExp(`- row_changed: Row thing ${ids[which % 2]} ${words.source}`),
    );
  });

  it('two entries that were swapped', async () => {
    const swap = async (by: Tamperer) => {
      const [a, b] = await Promise.all(
        [entries[0], entries[1]].map(
          async (id) =>
            (await by.run('SELECT leaf_index AS i FROM audit_entry WHERE id = ?', [id]))[0]?.['i'],
        ),
      );
      for (const table of ['audit_entry', 'row_change']) {
        const column = table === 'audit_entry' ? 'id' : 'entry_id';
        const move = (id: string, to: unknown) =>
          by.run(`UPDATE ${table} SET leaf_index = ? WHERE ${column} = ?`, [to, id]);
        await move(entries[0]!, -1);
        await move(entries[1]!, a);
        await move(entries[0]!, b);
      }
    };
    await expectFound(
      swap,
      swap,
      new RegExp(
        `- entry_changed: ${entryAs(entries[0]!)} was moved: it was logged at place \\d+, and something else at`,
      ),
      new RegExp(
        `- entry_changed: ${entryAs(entries[1]!)} was moved: it was logged at place \\d+, and something else at`,
      ),
    );
  });

  it('a row that was changed, inserted or deleted while the triggers were off', async () => {
    await expectFound(
      sql(`UPDATE thing SET title = 'x', amount_minor = 9 WHERE id = '${ids[0]}'`),
      sql(`UPDATE thing SET title = 'c', amount_minor = 1 WHERE id = '${ids[0]}'`),
      new RegExp(
        `- row_changed: Row thing ${ids[0]} is not what change \\d+ \\(entry ${entries[2]}\\) left: title, amount_minor changed while nobody captured it`,
      ),
    );
    await expectFound(
      sql(`INSERT INTO thing (id, amount_minor) VALUES ('thg_alien', 1)`),
      sql(`DELETE FROM thing WHERE id = 'thg_alien'`),
      /- row_changed: Row thing thg_alien has no history: it was inserted while nobody captured it/,
    );
    let rows: Record<string, unknown>[] = [];
    await expectFound(
      async (by) => {
        rows = await by.run(`SELECT * FROM thing WHERE id = '${ids[1]}'`);
        await by.run(`DELETE FROM thing WHERE id = '${ids[1]}'`);
      },
      (by) => insertRows(by, 'thing', rows),
      new RegExp(
        `- row_changed: Row thing ${ids[1]} is gone, and the last of it is change \\d+ \\(entry ${entries[1]}\\)`,
      ),
    );
  });

  it('a row that was changed off the record between two changes on it', async () => {
    await tamper(app.database, async (by) => {
      await by.run(`UPDATE thing SET title = 'off' WHERE id = '${ids[1]}'`);
    });
    const entry = await act('thing.rename', ({ things }) => things.update({ id: ids[1]! }, { title: 'on' }));
    await app.get(Sequencer).drain();
    const { report } = await verify();
    expect(report).toMatch(
      new RegExp(
        `- history_broken: Row thing ${ids[1]} was changed between change \\d+ \\(entry ${entries[1]}\\) and change \\d+ \\(entry ${entry}\\), and that change was not captured or was removed from the record \\(title\\)`,
      ),
    );
  });
});
