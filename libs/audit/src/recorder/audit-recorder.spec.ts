import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import {
  Database,
  MissedUpdate,
  newId,
  newRequestState,
  Problem,
  RequestContext,
  type RequestState,
  Sealed,
  UnitOfWork,
} from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { Vault } from '#vault';
import { bootAudit, changesOf, Pairing, Thing, Things } from '../testing/things.js';

const conflict = () => new Problem('things.taken', { status: 409, title: 'Taken', detail: 'It is taken.' });

describeOnEveryDialect('the audit recorder', (dialect) => {
  let app: BootedModule;
  let units: UnitOfWork;
  let things: Things;

  beforeAll(async () => {
    app = await bootAudit(dialect);
    units = app.get(UnitOfWork);
    things = app.get(Things);
  });
  afterAll(() => app.close());

  const query = (sql: string, parameters: unknown[] = []) => app.get(Database).query(sql, parameters);
  const entriesOf = (action: string) =>
    query('SELECT * FROM audit_entry WHERE action = ? ORDER BY id', [action]);
  const as = <T>(state: Partial<RequestState>, work: () => T) =>
    new RequestContext().run(newRequestState(state), work);
  const user = (id: string) => ({
    kind: 'user' as const,
    id,
    sessionId: 'ses_1',
    permissions: new Set<string>(),
  });

  it('attributes each row change to its own unit, also when many are committed together', async () => {
    const database = app.get(Database);
    const written = await Promise.all(
      Array.from({ length: 12 }, (_, index) => {
        const id = newId('thg');
        const [changes, recorded] = [index % 4 === 1, index % 4 !== 3];
        const intent = { action: 'thing.create_many', ...(recorded ? {} : { recorded: false as const }) };
        return units.run(intent, async (unit) => {
          const row = { ownerId: null, title: null, code: null, tokenHash: null, email: null };
          database.insertLater(Thing, { id, amountMinor: 1n, ...row });
          if (changes) database.updateLater(Thing, { id }, { amountMinor: 2n });
          return {
            id,
            operations: changes ? ['insert', 'update'] : ['insert'],
            entry: recorded ? unit.id : null,
          };
        });
      }),
    );
    const changes = await changesOf(app, 'thing');
    for (const { id, operations, entry } of written) {
      const own = changes.filter(({ row }) => row === id);
      expect(own.map(({ operation }) => operation)).toEqual(operations);
      expect(own.map((change) => change.entry)).toEqual(operations.map(() => entry));
    }
    expect(await entriesOf('thing.create_many')).toHaveLength(9);
  });

  it('attributes what its unit did in its order, also beside units that fail', async () => {
    const database = app.get(Database);
    const row = { ownerId: null, title: null, code: null, tokenHash: null, email: null, amountMinor: 1n };
    await units.run({ action: 'thing.seed' }, async () =>
      database.insertLater(Thing, { id: newId('thg'), ...row, code: 'taken' }),
    );
    const run = (code: string | null, id: string, changed: string) =>
      units.run({ action: 'thing.many' }, async (unit) => {
        const [removed, left] = [newId('thg'), newId('ref')];
        database.insertLater(Thing, { id, ...row });
        database.insertLater(Pairing, { left, right: id });
        database.insertLater(Thing, { id: removed, ...row, code });
        database.updateLater(Thing, { id: changed }, { amountMinor: 2n });
        database.deleteLater(Thing, removed);
        return { id, removed, pair: JSON.stringify([left, id]), entry: unit.id };
      });
    const ids = Array.from({ length: 12 }, () => newId('thg'));
    const outcomes = await Promise.allSettled(
      ids.map((id, index) => run(index === 3 ? 'taken' : null, id, index === 7 ? 'thg_missing' : id)),
    );
    const changes = [...(await changesOf(app, 'thing')), ...(await changesOf(app, 'pairing'))];
    const of = (id: string) =>
      changes.filter((change) => change.row === id).map(({ operation, entry }) => [operation, entry]);
    for (const [index, outcome] of outcomes.entries()) {
      if (outcome.status === 'rejected') {
        expect(of(ids[index] ?? '')).toEqual([]);
        continue;
      }
      const { id, removed, pair, entry } = outcome.value;
      expect([of(id), of(removed), of(pair)]).toEqual([
        [
          ['insert', entry],
          ['update', entry],
        ],
        [
          ['insert', entry],
          ['delete', entry],
        ],
        [['insert', entry]],
      ]);
    }
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused.map((reason) => database.dialect.isUniqueViolation(reason))).toEqual([true, false]);
    expect(refused[1]).toBeInstanceOf(MissedUpdate);
  });

  it('writes one entry for a committed unit, with who, where, what, whom and what for', async () => {
    const id = newId('thg');
    const actor = user(newId('usr'));
    const state = newRequestState({ principal: actor, clientAddress: '203.0.113.7' });
    const unitId = await new RequestContext().run(state, () =>
      units.run(
        { action: 'thing.create', resource: { type: 'thing', id }, subject: 'usr_about' },
        async (unit) => {
          await things.things.insert({ id, amountMinor: 1n });
          await units.run({ action: 'thing.joined' }, () =>
            things.things.update({ id }, { title: 'joined' }),
          );
          unit.describe({ purpose: 'thing.keeping', details: { colour: 'red' } });
          return unit.id;
        },
      ),
    );
    const entries = await entriesOf('thing.create');
    expect(entries).toHaveLength(1);
    expect(entries[0]).toMatchObject({
      id: unitId,
      outcome: 'succeeded',
      error_code: null,
      actor_kind: 'user',
      actor_id: actor.id,
      session_id: 'ses_1',
      request_id: state.requestId,
      trace_id: state.traceId,
      resource_type: 'thing',
      resource_id: id,
      subject_id: 'usr_about',
      purpose: 'thing.keeping',
      details: '{"colour":"red"}',
      address_subject_id: actor.id,
      leaf_index: null,
    });
    expect(String(entries[0]?.['client_address'])).not.toContain('203.0.113.7');
    expect(await entriesOf('thing.joined')).toEqual([]);
    const changes = (await changesOf(app, 'thing')).filter(({ row }) => row === id);
    expect(changes.map(({ operation, entry }) => [operation, entry])).toEqual([
      ['insert', unitId],
      ['update', unitId],
    ]);
  });

  it('seals the address of somebody not logged in under the key of the day', async () => {
    await as({ clientAddress: '203.0.113.8' }, () =>
      units.run({ action: 'thing.anonymous' }, async () => undefined),
    );
    const [entry] = await entriesOf('thing.anonymous');
    expect(entry).toMatchObject({ actor_kind: 'anonymous', actor_id: null });
    expect(entry?.['address_subject_id']).toMatch(/^anonymous_\d{4}-\d\d-\d\d$/);
  });

  it('seals the address of somebody who registers or logs in under the key of that person', async () => {
    const person = newId('usr');
    await as({ clientAddress: '203.0.113.10' }, () =>
      units.run({ action: 'thing.log_in', subject: person }, async () => undefined),
    );
    await as({ clientAddress: '203.0.113.10' }, () =>
      units.run({ action: 'thing.log_in', subject: person }, () => Promise.reject(conflict())),
    ).catch(() => undefined);
    const owners = (await entriesOf('thing.log_in')).map((entry) => entry['address_subject_id']);
    expect(owners).toEqual([person, person]);
  });

  it('still records what somebody does whose security key is destroyed, without the address', async () => {
    const gone = newId('usr');
    await units.run({ action: 'test.erase' }, () => app.get(Vault).eraseSubject(gone, 'security'));
    await as({ clientAddress: '203.0.113.9', principal: user(gone) }, () =>
      units.run({ action: 'thing.after_erasure' }, async () => undefined),
    );
    expect(await entriesOf('thing.after_erasure')).toMatchObject([{ actor_id: gone, client_address: null }]);
  });

  it('leaves a refused entry with the code, and none of the changes, after a rollback', async () => {
    const before = (await changesOf(app, 'thing')).length;
    const failing = as({ clientAddress: '203.0.113.7' }, () =>
      units.run({ action: 'thing.refused', resource: { type: 'thing', id: 'Ä'.repeat(150) } }, async () => {
        await things.things.insert({ id: newId('thg'), amountMinor: 1n });
        throw conflict();
      }),
    );
    await expect(failing).rejects.toMatchObject({ code: 'things.taken' });
    const [entry, ...more] = await entriesOf('thing.refused');
    expect(more).toEqual([]);
    expect(entry).toMatchObject({
      outcome: 'refused',
      error_code: 'things.taken',
      resource_id: '?'.repeat(100),
    });
    expect(await changesOf(app, 'thing')).toHaveLength(before);
  });

  it('leaves a failed entry for a defect', async () => {
    await expect(
      units.run({ action: 'thing.failed' }, () => Promise.reject(new Error('bug'))),
    ).rejects.toThrow('bug');
    expect(await entriesOf('thing.failed')).toMatchObject([
      { outcome: 'failed', error_code: 'kernel.internal' },
    ]);
  });

  it('says of each unit that failed with the connection which entry tells whether it was committed', async () => {
    const { dialect: spoken } = app.get(Database);
    const lost = Object.assign(new Error('lost'), { code: 'SQLITE_IOERR', fatal: true });
    const write = spoken.write.bind(spoken);
    const answerless = vi.spyOn(spoken, 'write').mockImplementationOnce(async (...args) => {
      await write(...args);
      throw lost;
    });
    const outcomes = await Promise.allSettled(
      ['thing.lost_1', 'thing.lost_2'].map((action) =>
        as({}, () => units.run({ action }, async () => undefined)),
      ),
    );
    answerless.mockRestore();
    expect(outcomes.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
    for (const action of ['thing.lost_1', 'thing.lost_2']) {
      const [committed, failed, ...more] = await entriesOf(action);
      expect(more).toEqual([]);
      expect(committed).toMatchObject({ outcome: 'succeeded' });
      expect(failed).toMatchObject({
        outcome: 'failed',
        details: JSON.stringify({ possiblyCommittedAs: committed?.['id'] }),
      });
    }
  });

  it('leaves one entry and one set of changes for a unit that was tried three times', async () => {
    let attempts = 0;
    const id = newId('thg');
    await units.run({ action: 'thing.retried' }, async () => {
      attempts += 1;
      await things.things.insert({ id, amountMinor: 1n });
      if (attempts < 3) throw Object.assign(new Error('deadlock'), { errno: 1213, code: 'SQLITE_BUSY' });
    });
    const entries = await entriesOf('thing.retried');
    expect(entries).toMatchObject([{ outcome: 'succeeded' }]);
    const changes = (await changesOf(app, 'thing')).filter(({ row }) => row === id);
    expect(changes.map(({ entry }) => entry)).toEqual([entries[0]?.['id']]);
  });

  it('leaves no attribution on a pooled connection for the unit that has it next', async () => {
    const write = (recorded: boolean) => {
      const id = newId('thg');
      return units
        .run({ action: 'thing.pooled', ...(recorded ? {} : { recorded: false }) }, () =>
          things.things.insert({ id, amountMinor: 1n }),
        )
        .then(() => id);
    };
    await Promise.all(Array.from({ length: 20 }, () => write(true)));
    await Promise.allSettled(
      Array.from({ length: 20 }, () =>
        units.run({ action: 'thing.pooled' }, () => Promise.reject(conflict())),
      ),
    );
    const unrecorded = await Promise.all(Array.from({ length: 20 }, () => write(false)));
    const changes = (await changesOf(app, 'thing')).filter(({ row }) => unrecorded.includes(row));
    expect(changes.map(({ entry }) => entry)).toEqual(Array.from({ length: 20 }, () => null));
  });

  it('records a reveal of other people before the plaintext is out, and none of oneself', async () => {
    const vault = app.get(Vault);
    const [me, ...others] = Array.from({ length: 4 }, () => newId('usr'));
    const all = [me ?? '', ...others];
    await vault.prepare(all);
    const rows = all.map((ownerId, index) =>
      vault.seal(Object.assign(new Thing(), { id: newId('thg'), ownerId }), {
        email: `p${index}@example.com`,
      }),
    );
    expect(rows[0]?.email).toBeInstanceOf(Sealed);
    const reader = user(me ?? '');
    await as({ principal: reader }, () => vault.reveal(rows.slice(0, 1), ['email'], 'self'));
    expect(await entriesOf('vault.reveal')).toEqual([]);
    await as({ principal: reader }, () => vault.reveal(rows.slice(0, 2), ['email'], 'support.call'));
    await as({ principal: reader }, () => vault.reveal(rows, ['email'], 'support.list'));
    const [one, many] = await entriesOf('vault.reveal');
    expect(one).toMatchObject({
      subject_id: others[0],
      purpose: 'support.call',
      actor_id: me,
      details: '{"fields":["things.email"],"subjects":1}',
    });
    expect(many).toMatchObject({
      subject_id: null,
      purpose: 'support.list',
      details: '{"fields":["things.email"],"subjects":3}',
    });
    const subjects = await query(
      'SELECT subject_id FROM audit_entry_subject WHERE entry_id = ? ORDER BY subject_id',
      [many?.['id']],
    );
    expect(subjects.map((row) => row['subject_id'])).toEqual([...others].sort());
  });
});
