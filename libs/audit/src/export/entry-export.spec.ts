import { get as httpGet, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { Database, newId } from '#kernel';
import { describeOnEveryDialect, loggedInAs } from '#kernel/testing';
import { Vault } from '#vault';
import { EntrySearch } from '../query/entry-search.js';
import { lowestId } from '../query/id-time.js';
import { AUDITOR, type AuditHttp, bootAuditHttp } from '../testing/boot-audit-http.js';
import { ocsfFaults } from '../testing/ocsf-schema.js';
import { outside } from '../testing/things.js';
import type { ExportedEntry } from './exported-entry.js';

const PATH = '/v1/admin/audit/export';
const MAY = 'audit.export';
const FAT = 2_000;

describeOnEveryDialect('an export of entries', (dialect) => {
  let audit: AuditHttp;
  const [anna, ben, carl] = [newId('usr'), newId('usr'), newId('usr')];
  beforeAll(async () => {
    audit = await bootAuditHttp(dialect);
  });
  afterAll(() => audit.close());
  afterEach(() => void vi.restoreAllMocks());

  async function lines<Line = ExportedEntry>(query: string): Promise<Line[]> {
    const response = await audit.get(`${PATH}?${query}`, MAY);
    expect([response.statusCode, response.headers['content-type']]).toEqual([
      200,
      'application/x-ndjson; charset=utf-8',
    ]);
    return response.body
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Line);
  }

  it('holds every entry that matches, oldest first, with the people and its place in the log', async () => {
    const things = await Promise.all([ben, carl].map((person) => audit.newThing(person, 'x@example.com')));
    const created = await audit.act('thing.create', anna, () => audit.things.insert(things));
    await audit.service(Vault).reveal(things, ['email'], 'thing.care');
    const renamed = await audit.act('thing.rename', anna, () =>
      audit.things.update({ id: things[0]!.id }, { title: 'x' }),
    );
    const waiting = await lines(`actor=${anna}`);
    expect(waiting.map(({ id, log }) => [id, log])).toEqual([
      [created, null],
      [renamed, null],
    ]);
    await audit.sequence();
    const [first, ...others] = await lines(`actor=${anna}`);
    expect(others.map(({ id }) => id)).toEqual([renamed]);
    const proof = `/v1/admin/audit/entries/${created}/proof`;
    const [log] = await audit.service(Database).query<{ origin: string }>('SELECT origin FROM audit_log');
    expect(first).toMatchObject({
      id: created,
      action: 'thing.create',
      log: { number: 1, origin: log?.origin, proof },
    });
    expect(first?.log?.index).toBe(first?.leafIndex);
    expect((await audit.get(proof)).statusCode).toBe(200);
    const [reveal] = await lines(`subject=${carl}`);
    expect(reveal?.subjects).toEqual([ben, carl].sort());
    const all = await lines('');
    expect(all.map(({ id }) => id)).toEqual(all.map(({ id }) => id).toSorted());
    expect(all.length).toBeGreaterThan(5);
  });

  it('is itself an entry, of the person as well whose entries it holds', async () => {
    await lines(`subject=${ben}&action=vault.reveal&from=2026-01-01T00:00:00Z`);
    const [entry] = await lines('action=audit.export').then((exports) => exports.toReversed());
    expect(entry).toMatchObject({
      ...{ actorId: AUDITOR, subjectId: ben },
      details: {
        format: 'ndjson',
        filter: { subject: ben, action: 'vault.reveal', from: '2026-01-01T00:00:00.000Z' },
      },
    });
  });

  it('can be a table for a spreadsheet, or OCSF events for a SIEM', async () => {
    await audit.act('thing.csv', anna, async () => {});
    const csv = await audit.get(`${PATH}?format=csv&action=thing.csv`, MAY);
    expect(csv.headers['content-type']).toBe('text/csv; charset=utf-8; header=present');
    expect(csv.headers['content-disposition']).toBe('attachment; filename="audit-entries.csv"');
    const [head, row, end] = csv.body.split('\r\n');
    expect(head?.split(',').slice(0, 3)).toEqual(['"id"', '"occurredAt"', '"action"']);
    expect(row?.split(',')).toHaveLength(20);
    expect(row).toContain(`"thing.csv","succeeded","","user","${anna}"`);
    expect(end).toBe('');
    const events = await lines<Record<string, unknown>>('format=ocsf');
    expect(events.length).toBeGreaterThan(5);
    expect(events.flatMap(ocsfFaults)).toEqual([]);
  });

  it('waits for a slow client, and ends when the client goes away', async () => {
    await fatten();
    const search = vi.spyOn(audit.service(EntrySearch), 'page');
    const response = await open('action=thing.fat');
    response.pause();
    const read = await settled(() => search.mock.calls.length);
    // What the sockets hold is read ahead, and not the rest.
    expect(read).toBeLessThan(FAT / 250);
    response.destroy();
    const connections = () =>
      new Promise<number>((resolve) => server().getConnections((_error, count) => resolve(count)));
    await vi.waitFor(async () => expect(await connections()).toBe(0), { timeout: 5_000 });
    expect(await settled(() => search.mock.calls.length)).toBeLessThanOrEqual(read + 1);
    const whole = await open('action=thing.fat');
    let bytes = 0;
    for await (const chunk of whole) bytes += (chunk as Buffer).length;
    expect(bytes).toBeGreaterThan(FAT * 20_000);
  });

  it('breaks the connection off when it cannot go on, so that nobody takes a part for the whole', async () => {
    const search = audit.service(EntrySearch);
    const real = search.page.bind(search);
    let calls = 0;
    vi.spyOn(search, 'page').mockImplementation((...given) => {
      calls += 1;
      return calls < 3 ? real(...given) : Promise.reject(new Error('the database is gone'));
    });
    const response = await open('action=thing.fat');
    const reading = (async () => {
      for await (const _chunk of response);
    })();
    await expect(reading).rejects.toThrow('aborted');
  });

  it('is for those who have the permission, and in a form that there is', async () => {
    expect((await audit.get(PATH, 'audit.read')).statusCode).toBe(403);
    expect((await audit.get(`${PATH}?format=xml`, MAY)).statusCode).toBe(400);
    expect((await audit.get(`${PATH}?limit=1`, MAY)).statusCode).toBe(400);
  });

  const server = () => audit.app.getHttpServer() as unknown as Server;

  /** Begins to read an export over a socket. */
  async function open(query: string): Promise<IncomingMessage> {
    if (!server().listening) await audit.app.listen(0, '127.0.0.1');
    const { port } = server().address() as AddressInfo;
    const headers = loggedInAs(AUDITOR, MAY);
    return new Promise((resolve, reject) => {
      httpGet({ port, host: '127.0.0.1', path: `${PATH}?${query}`, headers, agent: false }, resolve).on(
        'error',
        reject,
      );
    });
  }

  /** The value once it has stayed the same for a while. */
  async function settled(value: () => number): Promise<number> {
    let [last, since] = [value(), Date.now()];
    while (Date.now() - since < 300) {
      await new Promise((resolve) => setTimeout(resolve, 10));
      if (value() !== last) [last, since] = [value(), Date.now()];
    }
    return last;
  }

  /** Entries with a lot to say: more than sockets hold. */
  async function fatten(): Promise<void> {
    const details = JSON.stringify({ text: 'x'.repeat(20_000) });
    for (let start = 0; start < FAT; start += 250) {
      const ids = Array.from({ length: 250 }, (_, index) =>
        lowestId('aud', Date.UTC(2025, 0, 1) + (start + index) * 10),
      );
      const entries = ids.map(
        (id, index) =>
          `('${id}', '2025-01-01 00:00:00', 'thing.fat', 'succeeded', 'system', '${details}', ${1_000_000 + start + index}, 1)`,
      );
      await outside(
        audit.database,
        `INSERT INTO audit_entry (id, occurred_at, action, outcome, actor_kind, details, leaf_index, log_number) VALUES ${entries.join(', ')}`,
        `INSERT INTO audit_term (term, entry_id) VALUES ${ids.map((id) => `('action:thing.fat', '${id}')`).join(', ')}`,
      );
    }
  }
});
