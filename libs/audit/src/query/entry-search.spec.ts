import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database, newId, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { Sequencer } from '../log/sequencer/sequencer.js';
import { bootAudit, outside } from '../testing/things.js';
import { criteriaOf, type EntryFilter } from './entry-filter.js';
import { allEntries, density, type Direction, matchesInWindow } from './entry-search-sql.js';
import { EntrySearch } from './entry-search.js';
import { lowestId } from './id-time.js';
import { type TermFacts, termsOf } from './terms.js';

const LONG_AGO = Date.UTC(2020, 0, 1);
/** More than is looked at for a page of 20. */
const MANY = 300;

const NOTHING: TermFacts = {
  id: '',
  occurredAt: '',
  actorId: null,
  action: 'filler.fill',
  resourceType: null,
  resourceId: null,
  subjectId: null,
  addressSubjectId: null,
  sessionId: null,
  outcome: 'succeeded',
  purpose: null,
  traceId: null,
};

describeOnEveryDialect('the search for entries', (dialect) => {
  let app: BootedModule;
  beforeAll(async () => {
    app = await bootAudit(dialect);
  });
  afterAll(() => app.close());

  const sequence = () => app.get(Sequencer).drain();
  const act = (action: string) => app.get(UnitOfWork).run({ action }, async (unit) => unit.id);

  /** Entries that have their place, one every 10 ms since long ago, the first of them made by somebody else. */
  async function fill(action: string, count: number, actor: (index: number) => string): Promise<string[]> {
    const rows = Array.from({ length: count }, (_, index) => {
      const ms = LONG_AGO + 10 * index;
      const occurredAt = new Date(ms).toISOString().replace('T', ' ').replace('Z', '');
      const id = lowestId('aud', ms).replace(/000000$/, newId('aud').slice(-6));
      return { ...NOTHING, id, occurredAt, action, actorId: actor(index) };
    });
    const [{ n } = { n: 0 }] = await app
      .get(Database)
      .query<{ n: unknown }>('SELECT COUNT(*) AS n FROM audit_entry');
    const values = rows.map(
      ({ id, occurredAt, actorId }, index) =>
        `('${id}', '${occurredAt}', '${action}', 'succeeded', 'system', '${actorId}', ${index + Number(n)}, 7)`,
    );
    const terms = rows.flatMap((row) => termsOf(row, []).map((text) => `('${text}', '${row.id}')`));
    await outside(
      app.database,
      `INSERT INTO audit_entry (id, occurred_at, action, outcome, actor_kind, actor_id, leaf_index, log_number) VALUES ${values.join(', ')}`,
      `INSERT INTO audit_term (term, entry_id) VALUES ${terms.join(', ')}`,
      dialect === 'sqlite' ? 'ANALYZE' : 'ANALYZE TABLE audit_entry, audit_term',
    );
    return rows.map(({ id }) => id);
  }

  const label = (ids: readonly string[], termOf: (index: number) => string) =>
    outside(
      app.database,
      `INSERT INTO audit_term (term, entry_id) VALUES ${ids.map((id, index) => `('${termOf(index)}', '${id}')`).join(', ')}`,
    );

  async function walk(filter: EntryFilter, limit: number, direction: Direction, between = async () => {}) {
    const search = app.get(EntrySearch);
    const pages: (readonly string[])[] = [];
    for (let after: string | undefined; ;) {
      const { ids, next } = await search.page(filter, { after, limit, direction });
      pages.push(ids);
      if (next === undefined) return { ids: pages.flat(), sizes: pages.map(({ length }) => length) };
      after = next;
      await between();
    }
  }

  it.each(['DESC', 'ASC'] as const)(
    'pages %s without repeating or missing an entry, while others are written and sequenced',
    async (direction) => {
      const action = `thing.${direction.toLowerCase()}`;
      const there: string[] = [];
      for (let count = 0; count < 11; count += 1) {
        there.push(await act(action));
        if (count === 4) await sequence();
      }
      let turns = 0;
      const { ids, sizes } = await walk({ action, outcome: 'succeeded' }, 2, direction, async () => {
        await act(action);
        turns += 1;
        if (turns % 2 === 0) await sequence();
      });
      expect(new Set(ids).size).toBe(ids.length);
      expect(ids.filter((id) => there.includes(id))).toEqual(
        direction === 'ASC' ? there : there.toReversed(),
      );
      // Oldest first one arrives at those that were written meanwhile.
      expect(sizes.slice(0, 5)).toEqual([2, 2, 2, 2, 2]);
      expect(ids.length > there.length).toBe(direction === 'ASC');
    },
  );

  it('finds what matches several filters, and walks the one that fewest entries match', async () => {
    const ids = await fill('filler.common', MANY, (index) => (index === 0 ? 'system:rare' : 'system:busy'));
    const isEven = (index: number) => index % 2 === 0 && index > 0;
    await label(ids, (index) => `purpose:${isEven(index) ? 'even' : 'odd'}`);
    const { ids: even } = await walk({ purpose: 'even', actor: 'system:busy' }, 50, 'DESC');
    expect(even).toEqual(ids.filter((_, index) => isEven(index)).reverse());
    // Were the actor's entries walked, the first page would not get to the oldest of them.
    await label(ids.slice(1, 2), () => 'action:filler.seldom');
    const seldom = await walk({ actor: 'system:busy', action: 'filler.seldom' }, 5, 'DESC');
    expect(seldom).toEqual({ ids: [ids[1]], sizes: [1] });
  });

  it('finds those that wait for their place between those that have theirs, each once', async () => {
    const ids = await fill('filler.mixed', MANY, () => 'system:mixed');
    // Of twenty entries that have either, one has both.
    const [even, both] = [(index: number) => index % 2 === 0, (index: number) => index % 20 === 0];
    await label(ids, (index) => (even(index) ? 'purpose:mixed' : 'trace:mixed'));
    await label(
      ids.filter((_, index) => both(index)),
      () => 'trace:mixed',
    );
    const waiting = ids.filter((_, index) => index % 30 === 7).map((id) => id.replace(/......$/, 'zzzzzz'));
    await outside(
      app.database,
      `INSERT INTO audit_entry (id, occurred_at, action, outcome, actor_kind, trace_id, purpose) VALUES ${waiting
        .map((id) => `('${id}', '2020-01-01', 'filler.mixed', 'succeeded', 'system', 'mixed', 'mixed')`)
        .join(', ')}`,
    );
    const all = [...ids.filter((_, index) => both(index)), ...waiting].sort();
    const filter = { trace: 'mixed', purpose: 'mixed' };
    expect((await walk(filter, 7, 'ASC')).ids).toEqual(all);
    expect((await walk(filter, 400, 'DESC')).ids).toEqual(all.toReversed());
  });

  it('ends a page early when hardly an entry matches two filters, and finds it on a later one', async () => {
    const ids = await fill('filler.apart', 2 * MANY, (index) =>
      index < MANY ? 'system:left' : 'system:right',
    );
    await label(ids, (index) => `purpose:${index < MANY && index > 0 ? 'lower' : 'upper'}`);
    const { ids: found, sizes } = await walk({ actor: 'system:left', purpose: 'upper' }, 5, 'DESC');
    expect(found).toEqual([ids[0]]);
    expect(sizes).toEqual([0, 1]);
  });

  it('fills the first page of a span of time, though more entries of the one filter lie just outside it', async () => {
    const ids = await fill('filler.span', MANY, () => 'system:span');
    const search = app.get(EntrySearch);
    const at = (index: number) => new Date(LONG_AGO + 10 * index);
    const filter = { action: 'filler.span', from: at(100), to: at(200) };
    const within = ids.slice(100, 200);
    for (const [direction, expected] of [
      ['DESC', within.toReversed()],
      ['ASC', within],
    ] as const) {
      for (const span of [filter, { ...filter, [direction === 'DESC' ? 'from' : 'to']: undefined }])
        expect((await search.page(span, { limit: 20, direction })).ids).toEqual(expected.slice(0, 20));
      expect((await walk(filter, 20, direction)).ids).toEqual(expected);
    }
  });

  it('finds by time an entry whose id was made at another time', async () => {
    const [id, occurredAt] = [newId('aud'), new Date(LONG_AGO - 3_600_000)];
    const facts = { ...NOTHING, id, action: 'thing.untimely', occurredAt: occurredAt.toISOString() };
    await outside(
      app.database,
      `INSERT INTO audit_entry (id, occurred_at, action, outcome, actor_kind, leaf_index, log_number)
       VALUES ('${id}', '${facts.occurredAt.replace('T', ' ').replace('Z', '')}', 'thing.untimely', 'succeeded', 'system', 900000, 7)`,
      `INSERT INTO audit_term (term, entry_id) VALUES ${termsOf(facts, [])
        .map((text) => `('${text}', '${id}')`)
        .join(', ')}`,
    );
    const span = { from: occurredAt, to: new Date(occurredAt.getTime() + 1) };
    const search = app.get(EntrySearch);
    for (const filter of [
      span,
      { ...span, action: 'thing.untimely' },
      { ...span, action: 'thing.untimely', outcome: 'succeeded' as const },
    ]) {
      expect(await search.page(filter, { limit: 5 })).toEqual({ ids: [id], next: undefined });
    }
    expect((await search.page({ ...span, action: 'thing.other' }, { limit: 5 })).ids).toEqual([]);
    expect((await search.page({ to: occurredAt, action: 'thing.untimely' }, { limit: 5 })).ids).toEqual([]);
  });

  it('finds a page of any filter through an index that also gives the order', async () => {
    const filters: EntryFilter[] = [
      {},
      { resource: { type: 'thing', id: 'thg_1' } },
      { subject: 'usr_a' },
      { actor: 'system:busy' },
      { action: 'filler.common' },
      { outcome: 'succeeded', action: 'filler.common', actor: 'system:rare' },
      { from: new Date(LONG_AGO + 5_000), to: new Date(LONG_AGO + 60_000) },
      { actor: 'system:busy', from: new Date(LONG_AGO + 5_000) },
      { session: 'one', trace: 'x', purpose: 'even', to: new Date(LONG_AGO) },
    ];
    for (const filter of filters) {
      for (const direction of ['DESC', 'ASC'] as const) {
        const stretch = { direction, after: undefined, from: filter.from, to: filter.to };
        const [first, ...others] = criteriaOf(filter);
        const statements = first
          ? [matchesInWindow([first, ...others], stretch, 250, 21), density([first, ...others], stretch, 250)]
          : [allEntries(stretch, 21)];
        for (const { sql, parameters } of statements)
          await expectIndexed(sql, parameters, { filter, direction });
      }
    }
  });

  it('looks at no others for those that wait for their place, also when many do', async () => {
    const ids = await fill('filler.placed', 3_000, () => 'system:busy');
    const waiting = ids.filter((_, index) => index % 10 === 7).map((id) => id.replace(/......$/, 'yyyyyy'));
    await outside(
      app.database,
      `INSERT INTO audit_entry (id, occurred_at, action, outcome, actor_kind) VALUES ${waiting
        .map((id) => `('${id}', '2020-01-01', 'filler.waiting', 'succeeded', 'system')`)
        .join(', ')}`,
      `INSERT INTO audit_entry_subject (entry_id, subject_id) VALUES ${waiting
        .map((id, index) => `('${id}', 'usr_${index % 10}')`)
        .join(', ')}`,
      dialect === 'sqlite' ? 'ANALYZE' : 'ANALYZE TABLE audit_entry, audit_entry_subject',
    );
    const [criterion] = criteriaOf({ subject: 'usr_3' });
    const stretch = { direction: 'DESC', after: undefined, from: undefined, to: undefined } as const;
    const { sql, parameters } = matchesInWindow([criterion!], stretch, 250, 5);
    const explain = dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN FORMAT=TRADITIONAL';
    const plan = await app.get(Database).query(`${explain} ${sql}`, parameters);
    const step = plan.find((row) => row['table'] === 'e' || /^\w+ e /.test(String(row['detail'])));
    expect(String(step?.['key'] ?? step?.['detail'])).toContain('uq_audit_entry_leaf');
    const { ids: found } = await walk({ subject: 'usr_3' }, 4, 'DESC');
    expect(found).toEqual(waiting.filter((_, index) => index % 10 === 3).reverse());
  });

  /** Every step goes by an index, and the candidates come in its order; those that wait for their place are few. */
  async function expectIndexed(sql: string, parameters: readonly unknown[], about: object): Promise<void> {
    const explain = dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN FORMAT=TRADITIONAL';
    const plan = await app.get(Database).query(`${explain} ${sql}`, parameters);
    const steps =
      dialect === 'sqlite'
        ? plan
            .map((row) => String(row['detail']))
            .filter((detail) => /^SCAN [etuo]\b(?!.* USING)/.test(detail))
        : plan.filter(
            (row) =>
              /^[etuo]$/.test(String(row['table'])) &&
              (row['key'] === null ||
                (row['table'] === 't' && /filesort|temporary/.test(String(row['Extra'])))),
          );
    expect(steps, JSON.stringify({ about, plan })).toEqual([]);
  }
});
