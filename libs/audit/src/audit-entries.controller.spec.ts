import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { Authenticator, newId, newRequestState, type Principal, RequestContext, UnitOfWork } from '#kernel';
import { bindGlobally, type BootedHttp, bootTestHttp, describeOnEveryDialect } from '#kernel/testing';
import { RevealPolicy, Vault, VaultModule } from '#vault';
import { AuditModule } from './audit.module.js';
import { Sequencer } from './log/sequencer/sequencer.js';
import { AnyPurpose, Thing, Things, ThingsModule } from './testing/things.js';

const AUDITOR = 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h';
const LIST = '/v1/admin/audit/entries';

/** `auditor` may read the record, `nobody` may not. */
@Injectable()
class HeaderAuthenticator extends Authenticator {
  async authenticate(request: FastifyRequest): Promise<Principal | undefined> {
    const who = request.headers.authorization;
    if (who === undefined) return undefined;
    return { kind: 'user', id: AUDITOR, permissions: new Set(who === 'auditor' ? ['audit.read'] : []) };
  }
}

interface Entry {
  readonly id: string;
  readonly action: string;
  readonly clientAddress: string | null;
  readonly [key: string]: unknown;
}

describeOnEveryDialect('GET /v1/admin/audit/entries', (dialect) => {
  let http: BootedHttp;
  const anna = newId('usr');
  const ben = newId('usr');
  const thing = newId('thg');

  beforeAll(async () => {
    http = await bootTestHttp({
      dialect,
      imports: [
        VaultModule,
        AuditModule,
        ThingsModule,
        bindGlobally(
          { provide: Authenticator, useClass: HeaderAuthenticator },
          { provide: RevealPolicy, useClass: AnyPurpose },
        ),
      ],
    });
    await act(anna, '203.0.113.1');
  });
  afterAll(() => http.close());

  const service = <T>(token: abstract new (...args: never[]) => T): T =>
    http.app.get<T>(token as never, { strict: false });

  /** Anna makes a thing about Ben and changes it; then she fails; then a part of the system works. */
  async function act(actor: string, clientAddress: string): Promise<void> {
    const units = service(UnitOfWork);
    const things = service(Things).things;
    const vault = service(Vault);
    await vault.prepare([ben]);
    const principal: Principal = { kind: 'user', id: actor, permissions: new Set() };
    const resource = { type: 'thing', id: thing };
    await new RequestContext().run(newRequestState({ principal, clientAddress }), async () => {
      await units.run({ action: 'thing.create', resource, subject: ben }, async () => {
        const row = Object.assign(new Thing(), {
          id: thing,
          ownerId: ben,
          title: 'first',
          amountMinor: 5n,
          tokenHash: 'x',
        });
        await things.insert(vault.seal(row, { email: 'ben@example.com' }));
      });
      await units.run({ action: 'thing.rename', resource }, () =>
        things.update({ id: thing }, { title: 'second', tokenHash: 'y' }),
      );
      await units
        .run({ action: 'thing.break', resource }, () => Promise.reject(new Error('x')))
        .catch(() => undefined);
    });
    await units.run({ action: 'thing.sweep' }, async () => undefined);
  }

  const get = (path: string, who = 'auditor') =>
    http.inject({ method: 'GET', url: path, headers: { authorization: who } });
  const list = async (query: string) => {
    const response = await get(`${LIST}?${query}`);
    expect(response.statusCode, response.body).toBe(200);
    return response.json<{ items: Entry[]; nextCursor: string | null }>();
  };
  const actions = async (query: string) => (await list(query)).items.map(({ action }) => action);

  it('lists the newest first, for those who may read the record only', async () => {
    expect((await actions('limit=4')).slice(0, 4)).toEqual([
      'thing.sweep',
      'thing.break',
      'thing.rename',
      'thing.create',
    ]);
    expect((await get(LIST, 'nobody')).statusCode).toBe(403);
    expect((await http.inject({ method: 'GET', url: LIST })).statusCode).toBe(401);
    expect((await actions('outcome=refused')).slice(0, 2)).toEqual(['request.refuse', 'request.refuse']);
  });

  it('filters by session, trace and purpose', async () => {
    const [session, traceId, other] = [newId('ses'), '4bf92f3577b34da6a3ce929d0e0e4736', newId('ses')];
    const principal: Principal = {
      kind: 'user',
      id: newId('usr'),
      sessionId: session,
      permissions: new Set(),
    };
    await new RequestContext().run(newRequestState({ principal, traceId }), async () => {
      await service(UnitOfWork).run({ action: 'thing.look', purpose: 'thing.care' }, async () => undefined);
      await service(UnitOfWork).run({ action: 'thing.turn' }, async () => undefined);
    });
    const found = async () => [
      await actions(`session=${session}`),
      await actions(`trace=${traceId}&actor=${principal.id}`),
      await actions('purpose=thing.care'),
      await actions(`session=${other}`),
      await actions(`trace=${traceId}&purpose=thing.other`),
    ];
    const expected = [['thing.turn', 'thing.look'], ['thing.turn', 'thing.look'], ['thing.look'], [], []];
    expect(await found()).toEqual(expected);
    await service(Sequencer).drain();
    expect(await found()).toEqual(expected);
  });

  it('filters by resource, subject, actor, action, outcome and time, all at once', async () => {
    expect(await actions(`resource=thing:${thing}`)).toEqual(['thing.break', 'thing.rename', 'thing.create']);
    expect(await actions(`subject=${ben}`)).toEqual(['thing.create']);
    expect(await actions(`actor=${anna}&outcome=failed`)).toEqual(['thing.break']);
    expect(await actions('action=thing.rename')).toEqual(['thing.rename']);
    expect(await actions(`actor=${anna}&resource=thing:other`)).toEqual([]);
    const { occurredAt } = (await list('action=thing.rename')).items[0]!;
    const before = new Date(Date.parse(String(occurredAt)) - 3 * 3_600_000).toISOString();
    const after = new Date(Date.parse(String(occurredAt)) + 1).toISOString();
    expect(await actions(`action=thing.rename&from=${String(occurredAt)}&to=${after}`)).toEqual([
      'thing.rename',
    ]);
    expect(await actions(`action=thing.rename&to=${String(occurredAt)}`)).toEqual([]);
    expect(await actions(`action=thing.rename&from=${after}`)).toEqual([]);
    expect(await actions(`from=1970-01-01T00:00:00Z&to=${before}`)).toEqual([]);
    expect(await actions('from=1960-01-01T00:00:00Z&to=1961-01-01T00:00:00Z')).toEqual([]);
    expect(await actions('from=9999-12-31T00:00:00Z&to=9999-12-31T23:59:59.999-10:00')).toEqual([]);
    expect(await actions(`to=0000-01-01T00:00:00%2B12:00`)).toEqual([]);
  });

  it('finds an entry by each of its several subjects, in order with the others', async () => {
    const vault = service(Vault);
    const carl = newId('usr');
    await vault.prepare([carl]);
    const rows = [ben, carl].map((ownerId) =>
      vault.seal(Object.assign(new Thing(), { id: newId('thg'), ownerId }), { email: 'x@example.com' }),
    );
    await vault.reveal(rows, ['email'], 'support.list');
    expect(await actions(`subject=${carl}`)).toEqual(['vault.reveal']);
    expect(await actions(`subject=${ben}`)).toEqual(['vault.reveal', 'thing.create']);
    const { items, nextCursor } = await list(`subject=${ben}&limit=1`);
    expect(await actions(`subject=${ben}&limit=1&cursor=${nextCursor}`)).toEqual(['thing.create']);
    const detail = (await get(`${LIST}/${items[0]!.id}`)).json<{ subjects: string[] }>();
    expect(detail.subjects).toEqual([ben, carl].sort());
  });

  it('shows the row changes of an entry field by field, with nothing sealed or secret in them', async () => {
    const entryOf = async (action: string) => {
      const { id } = (await list(`action=${action}`)).items[0]!;
      return (await get(`${LIST}/${id}`)).json<Entry & { changes: unknown[] }>();
    };
    const created = await entryOf('thing.create');
    expect(created).toMatchObject({
      actorKind: 'user',
      actorId: anna,
      subjects: [ben],
      changeCount: 1,
      leafIndex: expect.any(Number),
    });
    expect(created.changes).toMatchObject([
      {
        table: 'thing',
        rowId: thing,
        operation: 'insert',
        fields: [
          { field: 'id', before: null, after: thing },
          { field: 'ownerId', before: null, after: ben },
          { field: 'title', before: null, after: 'first' },
          { field: 'amountMinor', before: null, after: '5' },
          { field: 'email', before: null, after: '[sealed]' },
        ],
      },
    ]);
    const renamed = await entryOf('thing.rename');
    expect(renamed.changes).toMatchObject([
      { operation: 'update', fields: [{ field: 'title', before: 'first', after: 'second' }] },
    ]);
    expect((await entryOf('thing.break')).changes).toEqual([]);
  });

  it('keeps client addresses sealed unless asked with a purpose, and puts that on the record', async () => {
    const path = `${LIST}?action=thing.create`;
    expect((await list('action=thing.create')).items[0]?.clientAddress).toBe('[sealed]');
    const withoutAsking = await list('action=thing.create&revealPurpose=audit.investigation');
    expect(withoutAsking.items[0]?.clientAddress).toBe('[sealed]');
    expect((await get(`${path}&reveal=clientAddress`)).statusCode).toBe(400);
    expect((await get(`${path}&reveal=email&revealPurpose=audit.investigation`)).statusCode).toBe(400);
    const { items } = await list(
      'action=thing.create&reveal=clientAddress&revealPurpose=audit.investigation',
    );
    expect(items[0]?.clientAddress).toBe('203.0.113.1');
    const one = await get(`${LIST}/${items[0]!.id}?reveal=clientAddress&revealPurpose=audit.investigation`);
    expect(one.json<Entry>().clientAddress).toBe('203.0.113.1');
    const reveals = (await list(`action=vault.reveal&actor=${AUDITOR}`)).items;
    expect(reveals).toHaveLength(2);
    expect(reveals[0]).toMatchObject({
      subjectId: anna,
      purpose: 'audit.investigation',
      details: { fields: ['audit.client_address'] },
    });
    expect(
      (await list('action=thing.sweep&reveal=clientAddress&revealPurpose=audit.investigation')).items[0]
        ?.clientAddress,
    ).toBeNull();
  });

  it('answers what it cannot read with a problem', async () => {
    for (const query of [
      'resource=thing',
      'outcome=fine',
      'from=yesterday',
      'to=2026-01-32T00:00:00Z',
      'from=2026-02-30T00:00:00Z',
      'from=2026-02-28T24:00:00Z',
      'from=2026-02-01T00:00:00Z&to=2026-01-31T00:00:00Z',
      'reveal=changes',
      'limit=0',
      'cursor=x',
      'actor=%C3%A4',
      'unknown=1',
    ]) {
      const response = await get(`${LIST}?${query}`);
      expect([query, response.statusCode]).toEqual([query, 400]);
    }
    expect((await get(`${LIST}/pay_x`)).statusCode).toBe(400);
    expect((await get(`${LIST}/${newId('aud')}`)).json()).toMatchObject({
      status: 404,
      code: 'audit.entry_not_found',
    });
  });

  it('finds the same entries by their terms once they are sequenced', async () => {
    const queries = [
      `resource=thing:${thing}`,
      `subject=${ben}`,
      `actor=${anna}&outcome=failed`,
      'action=thing.rename',
      'action=thing.rename&outcome=failed',
      `action=thing.create&from=2020-01-01T00:00:00Z&resource=thing:${thing}`,
    ];
    const before = await Promise.all(queries.map(actions));
    await service(Sequencer).drain();
    expect(await Promise.all(queries.map(actions))).toEqual(before);
    expect(before.map(({ length }) => length > 0)).toEqual([true, true, true, true, false, true]);
    const { id } = (await list('action=thing.rename')).items[0]!;
    const detail = (await get(`${LIST}/${id}`)).json<Entry>();
    expect(detail).toMatchObject({ changeCount: 1, changes: [{ table: 'thing' }] });
    expect(detail['leafIndex']).not.toBeNull();
  });
});
