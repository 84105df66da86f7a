import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Clock, Database, newId, newRequestState, type Principal, RequestContext, UnitOfWork } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { Vault } from '#vault';
import type { AuditEntryResponse } from '../dto/audit-entry.response.js';
import type { ResourceAtResponse } from '../dto/resource-history.js';
import { EntriesAboutPerson } from '../export/entries-about-person.js';
import { DatabaseRecord } from '../log/verify/record/database-record.js';
import { exportLog } from '../log/verify/export-log.js';
import { verifyAudit } from '../log/verify/verify-audit.js';
import { type AuditHttp, bootAuditHttp } from '../testing/boot-audit-http.js';
import { checkedLog } from '../testing/check-log.js';
import { bootAudit } from '../testing/things.js';
import { ExpirePayloads } from './expire-payloads.js';
import { PayloadEraser } from './payload-eraser.js';

const ENTRIES = '/v1/admin/audit/entries';
const DAY_MS = 86_400_000;

interface Page {
  readonly items: readonly AuditEntryResponse[];
}

describeOnEveryDialect('the retention of payloads', (dialect) => {
  let audit: AuditHttp;
  const [anna, ben, session] = [newId('usr'), newId('usr'), newId('ses')];
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  beforeEach(async () => {
    audit = await bootAuditHttp(dialect, {
      AUDIT_RETENTION: 'thing.*=30,vault.reveal=30,*=1000',
      AUDIT_RETENTION_LAW: 'thing.keep=400',
    });
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await audit.close();
  });

  const act = (action: string, work: () => Promise<unknown> = async () => {}): Promise<string> => {
    const principal: Principal = { kind: 'user', id: anna, sessionId: session, permissions: new Set() };
    const intent = { action, resource: { type: 'thing', id: 'thg_x' }, subject: ben, purpose: 'thing.care' };
    return new RequestContext().run(
      newRequestState({ principal, traceId, clientAddress: '203.0.113.1' }),
      () =>
        audit.service(UnitOfWork).run(intent, async (unit) => {
          await work();
          unit.describe({ details: { secret: 'once told' } });
          return unit.id;
        }),
    );
  };
  const inDays = (days: number) => {
    const now = Date.now() + days * DAY_MS;
    vi.spyOn(audit.service(Clock), 'now').mockImplementation(() => new Date(now));
  };
  const expire = async () => {
    while (await audit.service(ExpirePayloads).expire());
    for (let page = 0; page < 4; page += 1) await audit.service(ExpirePayloads).expireHeld();
  };
  const verified = async () => {
    const { exitCode, report } = await verifyAudit({}, { record: audit.service(DatabaseRecord) });
    expect(report).toContain('VERIFIED: nothing is wrong.');
    expect(exitCode).toBe(0);
    return report;
  };
  const expired = async (): Promise<string[]> => {
    const found = await rows<{ id: string }>(
      'SELECT id FROM audit_entry WHERE salt IS NULL AND leaf_index IS NOT NULL ORDER BY id',
    );
    return found.map(({ id }) => id);
  };
  const rows = <Row = object>(sql: string, ...parameters: unknown[]) =>
    audit.service(Database).query<Row>(sql, parameters);
  const runs = async () => (await audit.read<Page>(`${ENTRIES}?action=audit.expire_payloads`)).items;

  it('drops payload, changes and what they are found by when the term has ended; the leaf stays', async () => {
    const thing = await audit.newThing(ben, 'ben@example.com');
    const create = await act('thing.create', () => audit.things.insert(thing));
    const rename = await act('thing.rename', () => audit.things.update({ id: thing.id }, { title: 'b' }));
    const look = await act('thing.look');
    const keep = await act('thing.keep');
    await audit
      .service(Vault)
      .reveal([thing, await audit.newThing(newId('usr'), 'x')], ['email'], 'thing.care');
    await audit.sequence();
    const waiting = await act('thing.look');
    inDays(29.9);
    await expire();
    const old = `/v1/admin/audit/exposures/export?actor=${anna}&from=2020-01-01T00:00:00Z&to=2100-01-01T00:00:00Z`;
    const named = async () => (await audit.get(old, 'audit.incidents')).headers['content-disposition'];
    expect(await named()).toContain('"exposures.csv"');
    expect(await expired()).toEqual([]);
    expect(await rows('SELECT action FROM audit_retention')).toEqual([]);
    inDays(30.1);
    await expire();
    expect(await named()).toContain('"exposures-incomplete.csv"');
    const [reveal] = (await audit.read<Page>(`${ENTRIES}?action=vault.reveal`)).items;
    // The last image of the thing is in the renaming.
    expect(await expired()).toEqual([create, look, reveal!.id].sort());
    const told = (action: string, id: string, changes: number) => {
      return { action, days: 30, entries: 1, changes, held: 0, first: id, last: id };
    };
    expect((await runs()).map(({ details }) => details)).toEqual([
      told('vault.reveal', reveal!.id, 0),
      told('thing.look', look, 0),
      told('thing.create', create, 1),
    ]);
    const detail = await audit.read<AuditEntryResponse & { changes: unknown[]; subjects: unknown[] }>(
      `${ENTRIES}/${create}`,
    );
    expect(detail).toMatchObject({
      ...{
        action: 'thing.create',
        outcome: 'succeeded',
        actorId: anna,
        resourceId: 'thg_x',
        isExpired: true,
      },
      ...{
        sessionId: null,
        traceId: null,
        subjectId: null,
        purpose: null,
        details: null,
        clientAddress: null,
      },
      ...{ changes: [], subjects: [] },
    });
    const found = async (query: string) =>
      (await audit.read<Page>(`${ENTRIES}?limit=100&${query}`)).items.map(({ id }) => id);
    expect(await found(`session=${session}`)).toEqual([waiting, keep, rename]);
    expect(await found(`subject=${ben}`)).toEqual([waiting, keep, rename]);
    expect(await found(`trace=${traceId}&purpose=thing.care`)).toEqual([waiting, keep, rename]);
    expect(await found(`actor=${anna}&resource=thing:thg_x`)).toEqual([waiting, keep, look, rename, create]);
    const terms = await rows<{ term: string }>(
      'SELECT term FROM audit_term WHERE entry_id = ? ORDER BY term',
      create,
    );
    const incident = async (by: string, from: string) => {
      const path = `/v1/admin/audit/exposures?${by}&from=${from}&to=2100-01-01T00:00:00Z`;
      const { isComplete } = await audit.read<{ isComplete: boolean }>(path, 'audit.incidents');
      return isComplete;
    };
    expect(await incident(`session=${session}`, '2020-01-01T00:00:00Z')).toBe(false);
    const since = new Date(Date.now() + DAY_MS).toISOString();
    expect(await incident(`session=${session}`, since)).toBe(true);
    expect(await incident(`credential=thing:${thing.id}`, since)).toBe(false);
    expect(terms.map(({ term }) => term)).toEqual([
      'action:thing.create',
      `actor:${anna}`,
      'outcome:succeeded',
      'resource:thing:thg_x',
    ]);
    const left = await rows('SELECT 1 FROM audit_term WHERE entry_id = ?', reveal!.id);
    expect(left).toHaveLength(2);
    expect(await rows('SELECT 1 FROM audit_entry_subject WHERE entry_id = ?', reveal!.id)).toEqual([]);
    expect(await rows('SELECT change_id FROM audit_row_version WHERE row_id = ?', thing.id)).toHaveLength(1);
    const about = (person: string) => audit.service(EntriesAboutPerson).idsOf(person, '', 100);
    expect(await about(ben)).toEqual([rename, keep, waiting]);
    expect(await about(anna)).toEqual([create, rename, look, keep, waiting]);
    const exported = await audit.get(`/v1/admin/audit/export?actor=${anna}`, 'audit.export');
    const lines = exported.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as AuditEntryResponse);
    expect(lines.map(({ id, isExpired }) => [id, isExpired])).toEqual([
      [create, true],
      [rename, false],
      [look, true],
      [keep, false],
      [waiting, false],
    ]);
    inDays(2000);
    await audit.sequence();
    await expire();
    expect(await expired()).toContain(keep);
    // What was dropped, and under which rule, stays told.
    expect((await runs()).filter(({ isExpired }) => isExpired)).toEqual([]);
  });

  it('leaves a log that verifies, and proofs of old entries', async () => {
    const thing = await audit.newThing(ben, 'ben@example.com');
    const ids = [await act('thing.create', () => audit.things.insert(thing))];
    for (const title of ['a', 'b', 'c'])
      ids.push(await act('thing.rename', () => audit.things.update({ id: thing.id }, { title })));
    await audit.sequence();
    const before = await audit.read<{ leaf: string; proof: string }>(`${ENTRIES}/${ids[0]}/proof`);
    inDays(31);
    await expire();
    expect(await expired()).toEqual(ids.slice(0, 3));
    const parts = { get: audit.service.bind(audit) };
    const all = await checkedLog(parts);
    expect(all.length).toBeGreaterThan(4);
    expect(await audit.read(`${ENTRIES}/${ids[0]}/proof`)).toEqual(before);
    expect(await verified()).toMatch(/the payload of 3 has expired/);
    const dir = mkdtempSync(join(tmpdir(), 'steward-retention-'));
    await audit.service(DatabaseRecord).open((log) => exportLog(log, dir, { withEntries: true }));
    expect(await verifyAudit({ dir })).toMatchObject({ exitCode: 0 });
    rmSync(dir, { recursive: true });
    await audit.sequence();
    expect((await checkedLog(parts)).length).toBeGreaterThan(all.length);
    expect((await audit.read<{ leaf: string }>(`${ENTRIES}/${ids[0]}/proof`)).leaf).toBe(before.leaf);
  });

  it('never drops the last image of a row that is there, until another has taken its place', async () => {
    const thing = await audit.newThing(ben, 'ben@example.com');
    const other = await act('thing.create');
    const create = await act('thing.create', () => audit.things.insert(thing));
    await audit.sequence();
    inDays(31);
    await expire();
    expect(await expired()).toEqual([other]);
    await act('keep.rename', () => audit.things.update({ id: thing.id }, { title: 'b' }));
    await expire();
    expect(await expired()).toEqual([other]);
    await audit.sequence();
    await expire();
    expect(await expired()).toEqual([other, create]);
    // And not again.
    await expire();
    expect((await runs()).map(({ details }) => details?.['held'])).toEqual([0, 1]);
  });

  it('drops a deletion last, for without it the row would seem to be there', async () => {
    const thing = await audit.newThing(ben, 'ben@example.com', { title: 'a' });
    const create = await act('keep.create', () => audit.things.insert(thing));
    const remove = await act('thing.delete', () => audit.things.delete({ id: thing.id }));
    await audit.sequence();
    inDays(31);
    await expire();
    expect(await expired()).toEqual([]);
    const state = () => audit.read<ResourceAtResponse>(`/v1/admin/audit/resources/thing/${thing.id}`);
    expect((await state()).state).toBe('absent');
    inDays(1001);
    await expire();
    expect(await expired()).toEqual(expect.arrayContaining([create, remove]));
    expect((await state()).state).toBe('unknown');
    await audit.sequence();
    await verified();
  });

  it('drops an entry that both inserted and deleted a row, and what of a row is left when it is there again', async () => {
    const thing = await audit.newThing(ben, 'ben@example.com');
    const both = await act('thing.try', async () => {
      await audit.things.insert(thing);
      await audit.things.delete({ id: thing.id });
    });
    await audit.sequence();
    inDays(31);
    await expire();
    expect(await expired()).toEqual([both]);
    await act('keep.create', () => audit.things.insert(thing));
    await audit.sequence();
    await verified();
  });

  it('leaves a gap in the history of a row, and says so', async () => {
    const thing = await audit.newThing(ben, 'ben@example.com', { title: 'a' });
    await act('keep.create', () => audit.things.insert(thing));
    const moments = [new Date()];
    for (const [action, title] of [
      ['thing.rename', 'b'],
      ['keep.rename', 'c'],
    ] as const) {
      await new Promise((resolve) => setTimeout(resolve, 5));
      await act(action, () => audit.things.update({ id: thing.id }, { title }));
      await new Promise((resolve) => setTimeout(resolve, 5));
      moments.push(new Date());
    }
    const states = async () => {
      const seen = [];
      for (const at of moments) {
        const { state, fields } = await audit.read<ResourceAtResponse>(
          `/v1/admin/audit/resources/thing/${thing.id}?at=${at.toISOString()}`,
        );
        seen.push([state, fields?.['title'] ?? null]);
      }
      return seen;
    };
    const follows = async () => {
      const path = `/v1/admin/audit/resources/thing/${thing.id}/history`;
      const { items } = await audit.read<{ items: { follows: string }[] }>(path);
      return items.map((version) => version.follows);
    };
    await audit.sequence();
    expect(await follows()).toEqual(['version', 'version', 'nothing']);
    expect(await states()).toEqual([
      ['present', 'a'],
      ['present', 'b'],
      ['present', 'c'],
    ]);
    inDays(31);
    await expire();
    expect(await states()).toEqual([
      ['expired', null],
      ['expired', null],
      ['present', 'c'],
    ]);
    expect(await follows()).toEqual(['expired', 'nothing']);
    await audit.sequence();
    await verified();
    inDays(1001);
    await expire();
    expect(await follows()).toEqual(['expired']);
    await audit.sequence();
    await verified();
  });

  it('drops nothing when it fails in the middle, and goes on from there', async () => {
    const look = await act('thing.look');
    await audit.sequence();
    inDays(31);
    const eraser = audit.service(PayloadEraser);
    const real = eraser.erase.bind(eraser);
    const erase = vi.spyOn(eraser, 'erase').mockImplementation(async (...given) => {
      await real(...given);
      throw new Error('the process ends here');
    });
    await expect(expire()).rejects.toThrow('ends here');
    expect(await expired()).toEqual([]);
    erase.mockRestore();
    await expire();
    expect(await expired()).toEqual([look]);
  });

  it('drops an entry with very many changes by itself', async () => {
    const values = Array.from({ length: 1_200 }, (_, index) => `('many${index}', 1)`).join(', ');
    const many = await act('thing.sweep', () =>
      rows(`INSERT INTO thing (id, amount_minor) VALUES ${values}`),
    );
    const small = await act('thing.sweep');
    await act('keep.sweep', () => rows('UPDATE thing SET amount_minor = 2'));
    await audit.sequence();
    inDays(31);
    await expire();
    expect(await expired()).toEqual([many, small]);
    expect((await runs()).map(({ details }) => details?.['changes'])).toEqual([0, 1_200]);
    await audit.sequence();
    await verified();
  });

  it('drops each payload once when several processes do it, in parts when there is much', async () => {
    const ids: string[] = [];
    for (let index = 0; index < 450; index += 1) ids.push(await act('thing.look'));
    await audit.sequence();
    inDays(31);
    const jobs = Array.from({ length: 3 }, () => audit.service(ExpirePayloads).expire());
    await Promise.all(jobs);
    await expire();
    expect(await expired()).toEqual(ids.sort());
    const counts = (await runs()).map(({ details }) => Number(details?.['entries']));
    expect(counts.reduce((sum, count) => sum + count, 0)).toBe(450);
    expect(Math.max(...counts)).toBeLessThanOrEqual(200);
  });
});

it('does not start with a rule that is shorter than the law, and names every mistake', async () => {
  const start = (settings: Record<string, string>) => bootAudit('sqlite', undefined, settings);
  await expect(
    start({ AUDIT_RETENTION: 'payment.*=30,refund.*=30', AUDIT_RETENTION_LAW: '*=3650', LOG_ORIGIN: 'a b' }),
  ).rejects.toThrow(
    /LOG_ORIGIN: .*\n.*AUDIT_RETENTION: payment\.\*=30 is shorter than \*=3650 in AUDIT_RETENTION_LAW; refund\.\*=30 is/,
  );
  await expect(start({ AUDIT_RETENTION: 'payment,x=0', AUDIT_RETENTION_LAW: 'y' })).rejects.toThrow(
    /AUDIT_RETENTION: "payment" is no rule .*; "x=0" is no rule .*\n.*AUDIT_RETENTION_LAW: "y" is no rule/,
  );
});
