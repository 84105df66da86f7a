import { afterAll, afterEach, beforeAll, expect, it, vi } from 'vitest';
import { Clock, Database, newRequestState, RequestContext, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { bootAudit } from '../testing/things.js';
import { ANONYMOUS_ADDRESS_DAYS, ForgetAddresses } from './forget-addresses.js';

const DAY_MS = 86_400_000;

describeOnEveryDialect('addresses of anonymous clients', (dialect) => {
  let app: BootedModule;

  beforeAll(async () => {
    app = await bootAudit(dialect);
  });
  afterAll(() => app.close());
  afterEach(() => vi.restoreAllMocks());

  const setDaysAhead = (days: number) =>
    vi.spyOn(app.get(Clock), 'now').mockImplementation(() => new Date(Date.now() + days * DAY_MS));
  const keys = async () => {
    const rows = await app
      .get(Database)
      .query(
        `SELECT wrapped_key AS k FROM subject_key WHERE subject_id LIKE 'anonymous%' ORDER BY subject_id`,
      );
    return rows.map(({ k }) => (k === null ? 'destroyed' : 'live'));
  };
  const act = () =>
    new RequestContext().run(newRequestState({ clientAddress: '203.0.113.8' }), () =>
      app.get(UnitOfWork).run({ action: 'thing.anonymous' }, async () => undefined),
    );

  it('can be opened for a stated time and never again, day by day', async () => {
    await act();
    setDaysAhead(1);
    await act();
    setDaysAhead(ANONYMOUS_ADDRESS_DAYS);
    await app.get(ForgetAddresses).forget();
    expect(await keys()).toEqual(['live', 'live']);
    setDaysAhead(ANONYMOUS_ADDRESS_DAYS + 1);
    await app.get(ForgetAddresses).forget();
    await app.get(ForgetAddresses).forget();
    expect(await keys()).toEqual(['destroyed', 'live']);
    const entries = await app
      .get(Database)
      .query(`SELECT id FROM audit_entry WHERE action = 'audit.forget_addresses'`);
    expect(entries).toHaveLength(1);
  });
});
