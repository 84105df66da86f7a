import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database, newId } from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { Sequencer } from '../log/sequencer/sequencer.js';
import { bootAudit, outside } from '../testing/things.js';
import { type TermFacts, termsOf } from './terms.js';

const COLUMNS = [
  'id',
  'occurred_at',
  'action',
  'outcome',
  'actor_kind',
  'actor_id',
  'session_id',
  'trace_id',
  'resource_type',
  'resource_id',
  'subject_id',
  'purpose',
  'address_subject_id',
] as const;

describeOnEveryDialect('the search index', (dialect) => {
  let app: BootedModule;
  beforeAll(async () => {
    app = await bootAudit(dialect);
  });
  afterAll(() => app.close());

  const bare = (): TermFacts => ({
    id: newId('aud'),
    occurredAt: new Date().toISOString().replace('T', ' ').replace('Z', ''),
    action: 'thing.act',
    outcome: 'succeeded',
    actorId: null,
    sessionId: null,
    traceId: null,
    resourceType: null,
    resourceId: null,
    subjectId: null,
    purpose: null,
    addressSubjectId: null,
  });
  const full = (): TermFacts => ({
    ...bare(),
    actorId: 'usr_a',
    sessionId: 'ses_1',
    traceId: '4bf9',
    resourceType: 'thing',
    resourceId: `it's \\ "odd"`,
    subjectId: 'usr_b',
    purpose: 'support',
    addressSubjectId: 'anonymous_2026-01-01',
  });
  const literal = (value: unknown) =>
    value === null
      ? 'NULL'
      : `'${String(value)
          .replaceAll("'", "''")
          .replaceAll('\\', dialect !== 'sqlite' ? '\\\\' : '\\')}'`;
  const record = async (entry: TermFacts, subjects: readonly string[] = []) => {
    const values = COLUMNS.map((column) => {
      const property = column.replace(/_(\w)/g, (_all, letter: string) => letter.toUpperCase());
      return property === 'actorKind' ? 'user' : entry[property as keyof TermFacts];
    });
    await outside(
      app.database,
      `INSERT INTO audit_entry (${COLUMNS.join(', ')}) VALUES (${values.map(literal).join(', ')})`,
      ...subjects.map(
        (subject) =>
          `INSERT INTO audit_entry_subject (entry_id, subject_id) VALUES ('${entry.id}', '${subject}')`,
      ),
    );
  };
  const indexed = async ({ id }: TermFacts) => {
    const rows = await app
      .get(Database)
      .query<{ term: string }>('SELECT term FROM audit_term WHERE entry_id = ?', [id]);
    return rows.map(({ term }) => term).sort();
  };

  it('has the terms of each entry, made by the database, which are those that searches write', async () => {
    const cases: [TermFacts, string[]][] = [
      [bare(), []],
      [full(), []],
      [full(), ['usr_b', 'usr_c']],
      [{ ...full(), subjectId: null }, ['usr_c', 'usr_d']],
      [{ ...full(), resourceId: null }, []],
      [{ ...bare(), occurredAt: '2001-02-03 04:05:06.789000' }, []],
      [{ ...bare(), purpose: 'with blanks behind  ', actorId: '' }, []],
    ];
    for (const [entry, subjects] of cases) await record(entry, subjects);
    await app.get(Sequencer).drain();
    for (const [entry, subjects] of cases)
      expect(await indexed(entry)).toEqual(termsOf(entry, subjects).sort());
  });

  it('does not mind a term that is there already', async () => {
    const entry = full();
    await record(entry);
    await outside(
      app.database,
      `INSERT INTO audit_term (term, entry_id) VALUES ('actor:usr_a', '${entry.id}'), ('by:hand', '${entry.id}')`,
    );
    await app.get(Sequencer).drain();
    expect(await indexed(entry)).toEqual([...termsOf(entry, []), 'by:hand'].sort());
  });
});
