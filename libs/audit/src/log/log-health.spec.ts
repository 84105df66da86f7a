import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Clock, Health, newId } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { type AuditHttp, bootAuditHttp } from '../testing/boot-audit-http.js';
import { outside } from '../testing/things.js';

describeOnEveryDialect('the health of the log', (dialect) => {
  let http: AuditHttp;
  let askedAt = performance.now();

  beforeAll(async () => {
    http = await bootAuditHttp(dialect);
  });
  afterAll(() => http.close());

  /** What readiness tells, later than it keeps an earlier answer. */
  const told = async () => {
    const later = vi.spyOn(performance, 'now').mockReturnValue((askedAt += 60_000));
    const { details } = await http.service(Health).readiness();
    later.mockRestore();
    return details['transparencyLog'];
  };

  it('tells how many entries wait and for how long, and how many changes nobody accounts for', async () => {
    await http.sequence();
    const before = await told();
    expect(before).toMatchObject({ log: 1, waiting: 0, lagSeconds: 0, unattributedChanges: 0 });
    for (let index = 0; index < 3; index += 1)
      await http.act('thing.act', newId('usr'), () =>
        http.things.insert({ id: newId('thg'), amountMinor: 1n }),
      );
    await outside(http.database, `UPDATE thing SET title = 'by hand'`);
    const clock = vi.spyOn(http.service(Clock), 'now');
    clock.mockImplementation(() => new Date(Date.now() + 90_000));
    const behind = await told();
    expect(behind).toMatchObject({ waiting: 3, unattributedChanges: 3, size: before?.['size'] });
    expect(Number(behind?.['lagSeconds'])).toBeGreaterThan(89);
    expect(Number(behind?.['lagSeconds'])).toBeLessThan(120);
    clock.mockRestore();
    await http.sequence();
    expect(await told()).toMatchObject({ waiting: 0, lagSeconds: 0, size: Number(before?.['size']) + 3 });
  });
});
