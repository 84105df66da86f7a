import { afterAll, beforeAll, expect, it } from 'vitest';
import { Database, newId } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { AdoptChanges } from '../adoption/adopt-changes.js';
import type { ResourceAtResponse, ResourceVersionResponse } from '../dto/resource-history.js';
import { type AuditHttp, bootAuditHttp } from '../testing/boot-audit-http.js';
import { outside } from '../testing/things.js';

const RESOURCES = '/v1/admin/audit/resources';
const REVEAL = 'reveal=changes&revealPurpose=audit.investigation';

interface Versions {
  readonly items: readonly ResourceVersionResponse[];
  readonly nextCursor: string | null;
}

describeOnEveryDialect('the history of a resource', (dialect) => {
  let audit: AuditHttp;
  const [anna, ben] = [newId('usr'), newId('usr')];
  beforeAll(async () => {
    audit = await bootAuditHttp(dialect);
  });
  afterAll(() => audit.close());

  const history = (id: string, query = '') =>
    audit.read<Versions>(`${RESOURCES}/thing/${id}/history?${query}`);
  const at = (id: string, instant: string, query = '') =>
    audit.read<ResourceAtResponse>(`${RESOURCES}/thing/${id}?at=${instant}&${query}`);
  /** The database's clock of SQLite counts milliseconds; two changes in one would be one instant. */
  const nextInstant = async () => {
    const start = Date.now();
    while (Date.now() < start + 3) await new Promise((resolve) => setTimeout(resolve, 1));
  };
  const before = (instant: string) => new Date(Date.parse(instant) - 1).toISOString();

  it('shows every version, who made it, and the row as of any time', async () => {
    const thing = await audit.newThing(ben, 'ben@example.com', { title: 'first' });
    const { id } = thing;
    const ids = [await audit.act('thing.create', anna, () => audit.things.insert(thing))];
    await nextInstant();
    await outside(audit.database, `UPDATE thing SET title = 'by hand' WHERE id = '${id}'`);
    await nextInstant();
    ids.push(await audit.act('thing.rename', ben, () => audit.things.update({ id }, { title: 'second' })));
    await nextInstant();
    ids.push(await audit.act('thing.delete', anna, () => audit.things.delete({ id })));
    const unclaimed = (await history(id)).items.map(({ entry }) => entry?.action ?? null);
    expect(unclaimed).toEqual(['thing.delete', 'thing.rename', null, 'thing.create']);
    // The entry of the change by hand is made last, and is yet second in the history.
    await audit.service(AdoptChanges).adopt();
    for (const sequence of [async () => {}, audit.sequence]) {
      await sequence();
      const { items, nextCursor } = await history(id);
      expect(nextCursor).toBeNull();
      expect(items).toMatchObject([
        { operation: 'delete', entry: { id: ids[2], action: 'thing.delete', actorId: anna } },
        {
          operation: 'update',
          entry: { id: ids[1], actorId: ben },
          fields: [{ before: 'by hand', after: 'second' }],
        },
        {
          operation: 'update',
          entry: { action: 'database.change' },
          fields: [{ field: 'title', after: 'by hand' }],
        },
        { operation: 'insert', entry: { id: ids[0], action: 'thing.create' } },
      ]);
      const times = items.map(({ changedAt }) => changedAt);
      const seen = await Promise.all(
        [before(times[3]!), times[3]!, before(times[2]!), times[2]!, times[1]!, times[0]!].map((instant) =>
          at(id, instant),
        ),
      );
      expect(seen.map(({ state, fields }) => [state, fields?.['title']])).toEqual([
        ['absent', undefined],
        ['present', 'first'],
        ['present', 'first'],
        ['present', 'by hand'],
        ['present', 'second'],
        ['absent', undefined],
      ]);
      expect(seen[4]).toMatchObject({
        changedAt: times[1],
        entry: { id: ids[1] },
        fields: { email: '[sealed]' },
      });
      expect((await at(id, times[1]!, REVEAL)).fields).toMatchObject({
        email: 'ben@example.com',
        ownerId: ben,
      });
      const revealed = (await history(id, `${REVEAL}&limit=1`)).items[0]!.fields;
      expect(revealed.find(({ field }) => field === 'email')?.before).toBe('ben@example.com');
    }
    expect((await audit.read<ResourceAtResponse>(`${RESOURCES}/thing/${id}`)).state).toBe('absent');
  });

  it('is paged, and finds its way among many versions', async () => {
    const id = newId('thg');
    const count = 250;
    await audit.act('thing.create', anna, () => audit.things.insert({ id, amountMinor: 0n }));
    await audit.sequence();
    for (let part = 0; part < 5; part += 1) {
      await nextInstant();
      await audit.act('thing.count', anna, async () => {
        for (let turn = 1; turn <= count / 5; turn += 1)
          await audit.things.update({ id }, { amountMinor: BigInt(part * 50 + turn) });
      });
      if (part < 3) await audit.sequence();
    }
    const seen: ResourceVersionResponse[] = [];
    for (let cursor: string | null = ''; cursor !== null;) {
      const page: Versions = await history(id, `limit=100${cursor === '' ? '' : `&cursor=${cursor}`}`);
      seen.push(...page.items);
      cursor = page.nextCursor;
    }
    const amounts = seen.map(({ fields }) => fields.find(({ field }) => field === 'amountMinor')?.after);
    expect(amounts).toEqual(Array.from({ length: count + 1 }, (_, index) => String(count - index)));
    for (const index of [250, 249, 200, 180, 137, 101, 99, 51, 50, 49, 1, 0]) {
      const { changedAt } = seen[index]!;
      // Several may share the instant; the last of them is what was there.
      const last = seen.find((version) => version.changedAt === changedAt)!;
      const found = await at(id, changedAt);
      const amount = last.fields.find(({ field }) => field === 'amountMinor')?.after;
      expect(found.fields?.['amountMinor']).toBe(amount);
    }
  });

  it('begins with a baseline where capture began later, and says that it knows nothing before', async () => {
    const id = newId('thg');
    await outside(audit.database, `INSERT INTO thing (id, amount_minor) VALUES ('${id}', 5)`);
    await audit.service(AdoptChanges).adopt();
    await audit.sequence();
    const first = (await history(id)).items.at(-1)!;
    expect((await at(id, before(first.changedAt))).state).toBe('absent');
    await outside(
      audit.database,
      `INSERT INTO row_change (table_name, row_id, operation, after_image, database_user, changed_at)
       VALUES ('thing', 'thg_old', 'baseline', '{"id":"thg_old","title":"old"}', 'x', '2026-01-01 12:00:00')`,
    );
    expect(await at('thg_old', '2026-01-01T11:59:59Z')).toMatchObject({
      state: 'unknown',
      fields: null,
      entry: null,
    });
    expect(await at('thg_old', '2026-01-01T12:00:00Z')).toMatchObject({
      state: 'present',
      fields: { title: 'old' },
    });
  });

  it('is that of one row, also when its key has several columns or an odd value', async () => {
    const odd = ['a b', '"\\', '%_', '../x', ...(dialect === 'sqlite' ? ['a b ', 'ä'] : [])];
    await audit.act('thing.odd', anna, () =>
      audit.things.insert(odd.map((id) => ({ id, amountMinor: 1n, title: id }))),
    );
    await outside(audit.database, `INSERT INTO pairing VALUES ('l', 'r'), ('l', 'q')`);
    await audit.service(AdoptChanges).adopt();
    for (const sequence of [async () => {}, audit.sequence]) {
      await sequence();
      for (const id of odd) {
        const { items } = await history(encodeURIComponent(id));
        const own = items.filter(({ rowId }) => rowId === id);
        expect([id, items.length, own.length]).toEqual([id, 1, 1]);
      }
      const other = dialect === 'sqlite' ? 'a b  ' : 'a b ';
      expect((await history(encodeURIComponent(other))).items).toEqual([]);
      const pair = encodeURIComponent(JSON.stringify(['l', 'r']));
      const found = await audit.read<Versions>(`${RESOURCES}/pairing/${pair}/history`);
      expect(found.items.map(({ fields }) => fields.map(({ after }) => after))).toEqual([['l', 'r']]);
    }
  });

  it('costs the same however many other rows the entry changed', async () => {
    await audit.sequence();
    const explain = dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN FORMAT=TRADITIONAL';
    const plan = await audit
      .service(Database)
      .query(
        `${explain} SELECT v.change_id FROM audit_row_version v WHERE v.table_name = ? AND v.row_id = ? AND v.change_id < ? ORDER BY v.change_id DESC LIMIT 21`,
        ['thing', 'x', 99],
      );
    expect(JSON.stringify(plan)).toMatch(/PRIMARY/i);
    expect(JSON.stringify(plan)).not.toMatch(/filesort|TEMP B-TREE|SCAN/);
  });

  it('is not kept for what is no captured table, and a row without changes has none', async () => {
    for (const type of ['operation', 'scratch', 'outbox_message', 'audit_entry']) {
      for (const path of [`${type}/x`, `${type}/x/history`]) {
        const response = await audit.get(`${RESOURCES}/${path}`);
        expect([path, response.statusCode, response.json<{ code: string }>().code]).toEqual([
          path,
          404,
          'audit.history_not_kept',
        ]);
      }
    }
    expect(await history('thg_nobody')).toEqual({ items: [], nextCursor: null });
    expect(await at('thg_nobody', '2026-01-01T00:00:00Z')).toMatchObject({
      state: 'unknown',
      changedAt: null,
    });
    for (const path of [
      'thing/x?at=now',
      'thing/x?reveal=changes',
      'thing/x/history?cursor=x',
      'Thing/x',
      'thing/%00',
    ]) {
      expect([path, (await audit.get(`${RESOURCES}/${path}`)).statusCode]).toEqual([path, 400]);
    }
    expect((await audit.get(`${RESOURCES}/thing/x`, 'audit.other')).statusCode).toBe(403);
  });
});
