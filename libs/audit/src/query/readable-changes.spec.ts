import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId, UnitOfWork } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { Vault } from '#vault';
import type { RowChangeResponse } from '../dto/row-change.response.js';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { AUDITOR, type AuditHttp, bootAuditHttp } from '../testing/boot-audit-http.js';
import { outside } from '../testing/things.js';
import { EntryChanges } from './entry-changes.js';

const ENTRIES = '/v1/admin/audit/entries';
const REVEAL = 'reveal=changes&revealPurpose=audit.investigation';

interface Detail {
  readonly clientAddress: string | null;
  readonly changes: readonly RowChangeResponse[];
  readonly changeCount: number;
  readonly nextChangesCursor: string | null;
  readonly subjects: readonly string[];
  readonly nextSubjectsCursor: string | null;
}
interface Page<Item> {
  readonly items: readonly Item[];
  readonly nextCursor: string | null;
}

describeOnEveryDialect('the row changes of an entry', (dialect) => {
  let audit: AuditHttp;
  const [anna, ben, carl] = [newId('usr'), newId('usr'), newId('usr')];
  beforeAll(async () => {
    audit = await bootAuditHttp(dialect);
  });
  afterAll(() => audit.close());

  const emails = ({ changes }: Detail) =>
    changes.map(({ fields }) => {
      const email = fields.find(({ field }) => field === 'email');
      return email && [email.before, email.after];
    });
  const reveals = async () =>
    (
      await audit.read<Page<{ id: string; details: unknown; purpose: string }>>(
        `${ENTRIES}?action=vault.reveal`,
      )
    ).items;

  it('show what is sealed only when asked, and then name every person concerned in one entry', async () => {
    const first = await audit.newThing(ben, 'ben@example.com');
    const second = await audit.newThing(carl, 'carl@example.com');
    const id = await audit.act('thing.swap', anna, async () => {
      await audit.things.insert(first);
      await audit.things.insert(second);
      const renamed = audit.service(Vault).seal(first, { email: 'new@example.com' });
      await audit.things.update({ id: first.id }, { email: renamed.email });
      await audit.things.delete({ id: second.id });
    });
    const sealed = '[sealed]';
    expect(emails(await audit.read<Detail>(`${ENTRIES}/${id}`))).toEqual([
      [null, sealed],
      [null, sealed],
      [sealed, sealed],
      [sealed, null],
    ]);
    expect(await reveals()).toEqual([]);
    const expected = [
      [null, 'ben@example.com'],
      [null, 'carl@example.com'],
      ['ben@example.com', 'new@example.com'],
      ['carl@example.com', null],
    ];
    expect(emails(await audit.read<Detail>(`${ENTRIES}/${id}?${REVEAL}`))).toEqual(expected);
    const [reveal, ...others] = await reveals();
    expect(others).toEqual([]);
    expect(reveal).toMatchObject({
      purpose: 'audit.investigation',
      actorId: AUDITOR,
      details: { fields: ['things.email'] },
    });
    expect((await audit.read<Detail>(`${ENTRIES}/${reveal!.id}`)).subjects).toEqual([ben, carl].sort());
    await audit.sequence();
    expect(emails(await audit.read<Detail>(`${ENTRIES}/${id}?${REVEAL}`))).toEqual(expected);
  });

  it('say what was erased and what somebody wrote by hand', async () => {
    const [gone, kept] = [newId('usr'), newId('usr')];
    const [erased, forged] = [
      await audit.newThing(gone, 'gone@example.com'),
      await audit.newThing(kept, 'kept@example.com'),
    ];
    const id = await audit.act('thing.forge', anna, async () => {
      await audit.things.insert([erased, forged]);
      await audit.things.update({ id: forged.id }, { email: erased.email });
    });
    await audit
      .service(UnitOfWork)
      .run({ action: 'thing.forget' }, () => audit.service(Vault).eraseSubject(gone, 'account'));
    expect(emails(await audit.read<Detail>(`${ENTRIES}/${id}?${REVEAL}`))).toEqual([
      [null, '[erased]'],
      [null, 'kept@example.com'],
      ['kept@example.com', '[unreadable]'],
    ]);
    const [reveal] = await reveals();
    expect((await audit.read<Detail>(`${ENTRIES}/${reveal!.id}`)).subjects).toEqual([kept]);
  });

  it('are paged when there are many, before and after the entry has its place in the log', async () => {
    const count = 10_000;
    const values = Array.from({ length: count }, (_, index) => `('thg_many_${index}', 1)`);
    await outside(audit.database, `INSERT INTO thing (id, amount_minor) VALUES ${values.join(', ')}`);
    const id = await audit.act('thing.raise', anna, () =>
      audit.things
        .createQueryBuilder()
        .update()
        .set({ code: null, amountMinor: 2n })
        .where("id LIKE 'thg_many_%'")
        .execute(),
    );
    for (const sequence of [async () => {}, audit.sequence]) {
      await sequence();
      const detail = await audit.read<Detail>(`${ENTRIES}/${id}`);
      expect([detail.changes.length, detail.changeCount]).toEqual([100, count]);
      const rows = detail.changes.map(({ rowId }) => rowId);
      const ids = detail.changes.map((change) => Number(change.id));
      for (let cursor = detail.nextChangesCursor; cursor !== null;) {
        const page = await audit.read<Page<RowChangeResponse>>(
          `${ENTRIES}/${id}/changes?limit=100&cursor=${cursor}`,
        );
        rows.push(...page.items.map(({ rowId }) => rowId));
        ids.push(...page.items.map((change) => Number(change.id)));
        cursor = page.nextCursor;
      }
      expect([rows.length, new Set(rows).size]).toEqual([count, count]);
      expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    }
  });

  it('are found when the entry gets its place while they are read', async () => {
    const thing = await audit.newThing(ben, 'ben@example.com');
    const id = await audit.act('thing.race', anna, () => audit.things.insert(thing));
    const asItWaited = Object.assign(new AuditEntry(), { id, leafIndex: null, logNumber: null });
    await audit.sequence();
    const found = await audit.service(EntryChanges).page(asItWaited, { limit: 5 });
    expect(found.changes.map(({ rowId }) => rowId)).toEqual([thing.id]);
  });

  it('can be revealed page by page', async () => {
    const things = await Promise.all([1, 2, 3].map((n) => audit.newThing(newId('usr'), `${n}@example.com`)));
    const id = await audit.act('thing.paged', anna, () => audit.things.insert(things));
    const page = await audit.read<Page<RowChangeResponse>>(`${ENTRIES}/${id}/changes?limit=2&${REVEAL}`);
    const shown = page.items.map(({ fields }) => fields.find(({ field }) => field === 'email')?.after);
    expect(shown).toEqual(['1@example.com', '2@example.com']);
    const [reveal] = await reveals();
    const { subjects } = await audit.read<Detail>(`${ENTRIES}/${reveal!.id}`);
    expect(subjects).toEqual(
      things
        .slice(0, 2)
        .map(({ ownerId }) => ownerId)
        .sort(),
    );
  });

  it('list all the people of an entry about many', async () => {
    const people = Array.from({ length: 130 }, () => newId('usr'));
    await audit.service(Vault).prepare(people);
    const rows = await Promise.all(people.map((person) => audit.newThing(person, 'x@example.com')));
    await audit.service(Vault).reveal(rows, ['email'], 'thing.care');
    const [reveal] = await reveals();
    const detail = await audit.read<Detail>(`${ENTRIES}/${reveal!.id}`);
    const rest = await audit.read<Page<string>>(
      `${ENTRIES}/${reveal!.id}/subjects?cursor=${detail.nextSubjectsCursor}&limit=100`,
    );
    expect([...detail.subjects, ...rest.items]).toEqual(people.toSorted());
    expect(rest.nextCursor).toBeNull();
  });

  it('answer what cannot be read with a problem', async () => {
    const id = await audit.act('thing.none', anna, async () => {});
    for (const path of [
      `${id}?reveal=changes`,
      `${id}?reveal=changes&reveal=changes&revealPurpose=x`,
      `${id}?reveal=secrets&revealPurpose=x`,
      `${id}/changes?reveal=clientAddress&revealPurpose=x`,
      `${id}/changes?cursor=x`,
      `${id}/changes?cursor=${Buffer.from('01').toString('base64url')}`,
      `${id}/subjects?cursor=%20`,
    ]) {
      expect([path, (await audit.get(`${ENTRIES}/${path}`)).statusCode]).toEqual([path, 400]);
    }
    for (const path of [newId('aud'), `${newId('aud')}/changes`, `${newId('aud')}/subjects`]) {
      expect((await audit.get(`${ENTRIES}/${path}`)).json()).toMatchObject({ code: 'audit.entry_not_found' });
    }
    const both = await audit.read<Detail>(
      `${ENTRIES}/${id}?reveal=changes&reveal=clientAddress&revealPurpose=audit.investigation`,
    );
    expect([both.clientAddress, both.changes]).toEqual([null, []]);
  });
});
