import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest';
import { newId, newRequestState, type Principal, RequestContext, UnitOfWork, type UnitIntent } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { Vault } from '#vault';
import type { ExposureResponse } from '../dto/incident.js';
import { type AuditHttp, bootAuditHttp } from '../testing/boot-audit-http.js';
import { outside } from '../testing/things.js';
import { Exposures } from './exposures.js';

const PATH = '/v1/admin/audit/exposures';
const MAY = 'audit.incidents';

interface Page {
  readonly items: readonly ExposureResponse[];
  readonly nextCursor: string | null;
}

describeOnEveryDialect('whose data somebody saw or changed', (dialect) => {
  let audit: AuditHttp;
  /** Sorted by their ids. */
  const [anna, ben, carl, dora, eve, frank] = Array.from({ length: 6 }, () => newId('usr'));
  let session: string;
  let from: string;
  beforeAll(async () => {
    audit = await bootAuditHttp(dialect);
  });
  afterAll(() => audit.close());
  beforeEach(async () => {
    session = newId('ses');
    await aMoment();
    from = new Date().toISOString();
  });

  const aMoment = () => new Promise((resolve) => setTimeout(resolve, 3));
  const inSession = <T>(work: () => Promise<T>, sessionId = session): Promise<T> => {
    const principal: Principal = { kind: 'user', id: anna!, sessionId, permissions: new Set() };
    return new RequestContext().run(newRequestState({ principal }), work);
  };
  const unit = (intent: UnitIntent, work: () => Promise<unknown> = async () => undefined) =>
    inSession(() => audit.service(UnitOfWork).run(intent, work));
  const until = async () => {
    await aMoment();
    return new Date().toISOString();
  };
  const counts = ({ items }: Page) =>
    items.map(({ subject, seen, changed, named, isActor }) => [subject, seen, changed, named, isActor]);
  const asked = async (query: string) => audit.read<Page>(`${PATH}?${query}`, MAY);

  it('is told with counts: seen, changed, or named in another way, and who acted', async () => {
    const things = await Promise.all(
      [ben, carl, ben].map((person) => audit.newThing(person!, 'x@example.com')),
    );
    const vault = audit.service(Vault);
    await inSession(() => vault.reveal(things, ['email'], 'thing.care'));
    await inSession(() => vault.reveal(things.slice(0, 1), ['email'], 'thing.care'));
    const doras = await audit.newThing(dora!, 'dora@example.com');
    await unit({ action: 'thing.create' }, () => audit.things.insert(doras));
    await unit({ action: 'thing.give', subject: dora! }, async () => {
      await audit.things.update({ id: doras.id }, { ownerId: null });
      await audit.things.update({ id: doras.id }, { ownerId: eve!, email: null });
    });
    await unit({ action: 'thing.mention', subject: carl! });
    await unit({ action: 'thing.refuse', subject: frank! }, () => Promise.reject(new Error('x'))).catch(
      () => {},
    );
    const to = await until();
    await unit({ action: 'thing.late', subject: frank! });
    for (const sequence of [async () => {}, audit.sequence]) {
      await sequence();
      for (const by of [`session=${session}`, `actor=${anna}`]) {
        const page = await asked(`${by}&from=${from}&to=${to}`);
        expect(page.nextCursor).toBeNull();
        expect(counts(page)).toEqual([
          [anna, 0, 0, 0, true],
          [ben, 2, 0, 0, false],
          [carl, 1, 0, 1, false],
          [dora, 0, 2, 0, false],
          [eve, 0, 1, 0, false],
        ]);
      }
    }
    expect(counts(await asked(`session=${newId('ses')}&from=${from}&to=${to}`))).toEqual([]);
    expect(counts(await asked(`session=${session}&from=2020-01-01T00:00:00Z&to=${from}`))).toEqual([]);
  });

  it('is paged in the order of the people', async () => {
    for (const person of [eve, ben, dora, ben]) await unit({ action: 'thing.mention', subject: person! });
    const to = await until();
    const seen = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Page = await asked(
        `session=${session}&from=${from}&to=${to}&limit=2&cursor=${cursor}`.replace(/&cursor=$/, ''),
      );
      seen.push(...counts(page));
      cursor = page.nextCursor;
    }
    expect(seen.map(([person, , , named]) => [person, named])).toEqual([
      [anna, 0],
      [ben, 2],
      [dora, 1],
      [eve, 1],
    ]);
  });

  it('is told for all sessions that were opened with a credential', async () => {
    const credential = await audit.newThing(anna!, 'credential');
    await audit.act('thing.create', anna!, () => audit.things.insert(credential));
    const sessions = [newId('ses'), newId('ses'), newId('ses')];
    for (const [index, id] of sessions.entries()) {
      await audit.act('thing.log_in', anna!, async () => {
        if (index < 2) await audit.things.update({ id: credential.id }, { title: `used ${index}` });
        await audit.things.insert({ id, amountMinor: 0n });
      });
      await inSession(
        () =>
          audit
            .service(UnitOfWork)
            .run({ action: 'thing.mention', subject: [ben, carl, dora][index]! }, async () => {}),
        id,
      );
    }
    const to = await until();
    for (const sequence of [async () => {}, audit.sequence]) {
      await sequence();
      const page = await asked(`credential=thing:${credential.id}&from=${from}&to=${to}`);
      expect(page.items.map(({ subject }) => subject)).toEqual([anna, ben, carl]);
    }
    const unknown = await audit.get(`${PATH}?credential=operation:x&from=${from}&to=${to}`, MAY);
    expect(unknown.json()).toMatchObject({ status: 404, code: 'audit.history_not_kept' });
  });

  it('is exported as CSV and as lines of JSON, however many people there are, and the export is on the record', async () => {
    const people = Array.from({ length: 7 }, () => newId('usr'));
    for (const person of people) await unit({ action: 'thing.mention', subject: person });
    const to = await until();
    Object.assign(audit.service(Exposures), { perPass: 3 });
    const query = `session=${session}&from=${from}&to=${to}`;
    const lines = await audit.get(`${PATH}/export?${query}&format=ndjson`, MAY);
    expect(lines.headers['content-type']).toContain('application/x-ndjson');
    const rows = lines.body
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as ExposureResponse);
    expect(rows.map(({ subject }) => subject)).toEqual([anna, ...people]);
    const csv = await audit.get(`${PATH}/export?${query}`, MAY);
    expect(csv.headers['content-type']).toContain('text/csv');
    expect(csv.headers['content-disposition']).toContain('exposures.csv');
    const first = rows[1]!;
    expect(csv.body.split('\r\n').slice(0, 3)).toEqual([
      '"subject","seen","changed","named","isActor","firstAt","lastAt"',
      `"${anna}","0","0","0","true","${rows[0]!.firstAt}","${rows[0]!.lastAt}"`,
      `"${people[0]}","0","0","1","false","${first.firstAt}","${first.lastAt}"`,
    ]);
    const { items } = await audit.read<{ items: { details: unknown }[] }>(
      '/v1/admin/audit/entries?action=audit.export_exposures',
    );
    expect(items.map(({ details }) => details)).toEqual([
      { by: { session }, from, to, format: 'csv' },
      { by: { session }, from, to, format: 'ndjson' },
    ]);
  });

  it('is told also when one entry is about very many people, or changed very many rows', async () => {
    const many = 10_500;
    const people = Array.from({ length: many }, (_, index) => `usr_m${String(index).padStart(6, '0')}`);
    const id = await unit({ action: 'vault.reveal' }).then(async () => {
      const { items } = await audit.read<{ items: { id: string }[] }>(
        `/v1/admin/audit/entries?session=${session}&action=vault.reveal`,
      );
      return items[0]!.id;
    });
    const rows = people.map((person) => `('${id}', '${person}')`);
    await outside(
      audit.database,
      `INSERT INTO audit_entry_subject (entry_id, subject_id) VALUES ${rows.join(', ')}`,
    );
    const things = people.slice(0, 1_100).map((person, index) => `('${person}-${index}', '${person}', 1)`);
    await outside(
      audit.database,
      `INSERT INTO thing (id, owner_id, amount_minor) VALUES ${things.join(', ')}`,
    );
    await unit({ action: 'thing.raise' }, () =>
      audit.things
        .createQueryBuilder()
        .update()
        .set({ amountMinor: 2n })
        .where("ownerId LIKE 'usr_m%'")
        .execute(),
    );
    const to = await until();
    for (const sequence of [async () => {}, audit.sequence]) {
      await sequence();
      const page = await asked(
        `session=${session}&from=${from}&to=${to}&limit=1000&cursor=${Buffer.from('usr_m000999').toString('base64url')}`,
      );
      expect(counts(page).slice(98, 102)).toEqual([
        ['usr_m001098', 1, 1, 0, false],
        ['usr_m001099', 1, 1, 0, false],
        ['usr_m001100', 1, 0, 0, false],
        ['usr_m001101', 1, 0, 0, false],
      ]);
      expect(page.items.length).toBe(1000);
      const last = Buffer.from('usr_m010399').toString('base64url');
      const end = await asked(`session=${session}&from=${from}&to=${to}&cursor=${last}`);
      expect([end.items.length, end.items.at(-1)?.subject]).toEqual([100, people.at(-1)]);
    }
  });

  it('is for those who have the permission, about one of them and a span of time', async () => {
    const span = `from=${from}&to=${from}`;
    expect((await audit.get(`${PATH}?actor=x&${span}`, 'audit.read')).statusCode).toBe(403);
    expect((await audit.get(`${PATH}/export?actor=x&${span}`, 'audit.read')).statusCode).toBe(403);
    for (const query of [
      span,
      `actor=x&session=y&${span}`,
      'actor=x',
      `actor=x&from=${from}`,
      `credential=x&${span}`,
      `actor=x&${span}&limit=1001`,
      `actor=x&${span}&cursor=_`,
    ]) {
      expect([query, (await audit.get(`${PATH}?${query}`, MAY)).statusCode]).toEqual([query, 400]);
    }
    expect((await audit.get(`${PATH}/export?actor=x&${span}&format=xml`, MAY)).statusCode).toBe(400);
  });
});
