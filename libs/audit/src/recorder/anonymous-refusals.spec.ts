import { afterAll, afterEach, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import {
  Clock,
  Database,
  kernelErrors,
  newId,
  newRequestState,
  RequestContext,
  type RequestState,
  UnitOfWork,
  UnitRecorder,
} from '#kernel';
import { type BootedModule, describeOnEveryDialect, testDatabase } from '#kernel/testing';
import { Vault } from '#vault';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { bootAudit } from '../testing/things.js';

const LIMITS = { AUDIT_REFUSALS_PER_CLIENT: '3', AUDIT_REFUSALS_PER_MINUTE: '8' };

describeOnEveryDialect('refusals of clients that are not logged in', (dialect) => {
  let app: BootedModule;
  let minute = Date.parse('2026-01-01T00:00:00Z');

  beforeAll(async () => {
    app = await bootAudit(dialect, undefined, LIMITS);
  });
  beforeEach(() => {
    minute += 600_000;
    vi.spyOn(app.get(Clock), 'now').mockImplementation(() => new Date(minute));
  });
  afterEach(() => vi.restoreAllMocks());
  afterAll(() => app.close());

  const refuse = (state: Partial<RequestState>, times: number, action = 'request.refuse') =>
    new RequestContext().run(newRequestState(state), async () => {
      for (let time = 0; time < times; time += 1) {
        const error = kernelErrors.problem('kernel.unauthenticated');
        await app.get(UnitRecorder).recordRefusal({ action }, error, 'refused');
      }
    });
  const from = (clientAddress: string) => ({ clientAddress });
  const entriesOf = (action: string) =>
    app
      .get(Database)
      .manager.getRepository(AuditEntry)
      .find({ where: { action }, order: { id: 'ASC' } });
  const recorded = async () =>
    (await entriesOf('request.refuse')).filter(({ occurredAt }) => occurredAt.getTime() >= minute).length;
  const summaries = async () =>
    (await entriesOf('audit.refusals_capped')).filter(({ details }) => {
      const { minute: told } = details as { minute: string };
      return told === new Date(minute).toISOString();
    });
  const nextMinute = async () => {
    const now = minute + 60_000;
    vi.spyOn(app.get(Clock), 'now').mockImplementation(() => new Date(now));
    await refuse(from('198.51.100.200'), 1, 'request.later');
  };

  it('are entries up to the cap of a client and minute, and one more tells how many were left out', async () => {
    await refuse(from('203.0.113.7'), 10);
    expect(await recorded()).toBe(3);
    expect(await summaries()).toEqual([]);
    await nextMinute();
    await vi.waitFor(async () => expect(await summaries()).toHaveLength(1), 20_000);
    expect(await summaries()).toMatchObject([
      {
        actorKind: 'anonymous',
        outcome: 'refused',
        details: {
          minute: new Date(minute).toISOString(),
          leftOut: 7,
          codes: { 'kernel.unauthenticated': 7 },
        },
      },
    ]);
  });

  it('keep the address of a client sealed', async () => {
    await refuse(from('203.0.113.8'), 4);
    await nextMinute();
    await vi.waitFor(async () => expect(await summaries()).toHaveLength(1), 20_000);
    const told = await summaries();
    const [row] = await app.get(Database).query('SELECT * FROM audit_entry WHERE id = ?', [told[0]?.id]);
    expect(JSON.stringify(row)).not.toContain('203.0.113.8');
    const [plain] = await app.get(Vault).reveal(told, ['clientAddress'], 'audit.investigation');
    expect(plain).toMatchObject({ clientAddress: '203.0.113.8' });
  });

  it('cost no statement beyond the cap', async () => {
    await refuse(from('203.0.113.9'), 3);
    const run = vi.spyOn(app.get(UnitOfWork), 'run');
    const prepare = vi.spyOn(app.get(Vault), 'prepare');
    await refuse(from('203.0.113.9'), 50);
    expect(run).not.toHaveBeenCalled();
    expect(prepare).not.toHaveBeenCalled();
  });

  it('count by network, so that an IPv6 client cannot walk through its addresses', async () => {
    for (let host = 1; host <= 6; host += 1) await refuse(from(`2001:db8::${host}`), 1);
    expect(await recorded()).toBe(3);
  });

  it('are bounded for all clients together', async () => {
    for (let host = 1; host <= 30; host += 1) await refuse(from(`198.51.100.${host}`), 1);
    expect(await recorded()).toBe(8);
    await nextMinute();
    await vi.waitFor(async () => expect(await summaries()).toHaveLength(1), 20_000);
    expect(await summaries()).toMatchObject([{ details: { leftOut: 22 }, clientAddress: null }]);
  });

  it('are told of when their minute is over, though nobody else comes, and when the process stops', async () => {
    const database = await testDatabase(dialect);
    const stopped = await bootAudit(dialect, database, LIMITS);
    const first = app;
    app = stopped;
    vi.spyOn(stopped.get(Clock), 'now').mockImplementation(() => new Date(minute + 59_950));
    await refuse(from('203.0.113.10'), 4);
    await vi.waitFor(async () => expect(await summaries()).toHaveLength(1), 20_000);
    await refuse(from('203.0.113.10'), 2);
    await stopped.close({ keepDatabase: true });
    app = await bootAudit(dialect, database, LIMITS);
    const counts = (await summaries()).map(({ details }) => details?.['leftOut']);
    await app.close();
    app = first;
    expect(counts).toEqual([1, 2]);
  });

  it('of somebody who is logged in are entries, each of them', async () => {
    const principal = { kind: 'user' as const, id: newId('usr'), permissions: new Set<string>() };
    await refuse({ principal, ...from('203.0.113.11') }, 6);
    expect(await recorded()).toBe(6);
  });
});
