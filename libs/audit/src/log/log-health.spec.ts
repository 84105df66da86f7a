import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { Clock, Health, newId } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { AdoptChanges } from '../adoption/adopt-changes.js';
import { type AuditHttp, bootAuditHttp } from '../testing/boot-audit-http.js';
import { outside } from '../testing/things.js';
import { CollectCosignatures } from './witness/collect-cosignatures.js';
import { Publication } from './witness/publication.js';
import { WitnessStates } from './witness/witness-states.js';

const TOKEN = 'scraper-0123456789abcdef';
const WITNESS = 'w.example+de3059a2+BP9Zch2oo6WRruHi/ZTUf+CSDQufblIhCHykS6IbvMJT';

describeOnEveryDialect('the health of the log', (dialect) => {
  let http: AuditHttp;
  let askedAt = performance.now();

  beforeAll(async () => {
    http = await bootAuditHttp(dialect, {
      METRICS_TOKEN: TOKEN,
      LOG_WITNESSES: `http://127.0.0.1:9 ${WITNESS}`,
    });
  });
  afterAll(() => http.close());

  /** What is asked for, later than an earlier answer is kept. */
  const afresh = async <T>(ask: () => Promise<T>): Promise<T> => {
    const later = vi.spyOn(performance, 'now').mockReturnValue((askedAt += 60_000));
    const answer = await ask();
    later.mockRestore();
    return answer;
  };
  const readiness = () => afresh(() => http.service(Health).readiness());
  const told = async () => (await readiness()).details['transparencyLog'];
  const metrics = async () => {
    const headers = { authorization: `Bearer ${TOKEN}` };
    const { body } = await afresh(async () => http.inject({ url: '/metrics', headers }));
    const lines = body.split('\n').filter((line) => /^steward_(?!http)/.test(line));
    return Object.fromEntries(
      lines.map((line) => [line.slice(8, line.lastIndexOf(' ')), Number(line.slice(line.lastIndexOf(' ')))]),
    );
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
    expect(await metrics()).toMatchObject({
      log_size: before?.['size'],
      log_waiting: 3,
      log_lag_seconds: expect.closeTo(Number(behind?.['lagSeconds']), -1),
      unattributed_changes: 3,
      unattributed_changes_total: 0,
      outbox_dead: 0,
    });
    clock.mockRestore();
    await http.service(AdoptChanges).adopt();
    // Nobody handles the alarm here, so it is written as done with.
    await outside(http.database, `UPDATE outbox_message SET status = 'pending'`);
    expect(await metrics()).toMatchObject({
      unattributed_changes: 0,
      unattributed_changes_total: 3,
      outbox_waiting: 1,
      outbox_dead: 0,
    });
    const later = vi.spyOn(http.service(Clock), 'now');
    later.mockImplementation(() => new Date(Date.now() + 90_000));
    expect((await metrics())['outbox_late_seconds']).toBeGreaterThan(85);
    expect((await metrics())['outbox_late_seconds']).toBeLessThan(120);
    later.mockRestore();
    await outside(http.database, `UPDATE outbox_message SET status = 'dead'`);
    expect(await metrics()).toMatchObject({ outbox_waiting: 0, outbox_dead: 1, outbox_late_seconds: 0 });
    await http.sequence();
    expect(await told()).toMatchObject({ waiting: 0, lagSeconds: 0, size: Number(before?.['size']) + 4 });
  });

  it('tells how it stands with each witness, and stays ready when one fails', async () => {
    expect((await readiness()).details['witnesses']).toEqual({});
    await http.service(CollectCosignatures).collect();
    const { status, details } = await readiness();
    expect([status, details['witnesses']]).toEqual(['ready', { 'w.example': 'failing' }]);
    const size = Number(details['transparencyLog']?.['size']);
    const label = '{witness="w.example"}';
    expect(await metrics()).toMatchObject({
      log_served_size: size,
      [`witness_size${label}`]: 0,
      [`witness_failing${label}`]: 1,
      [`witness_disputed${label}`]: 0,
    });
    expect(Object.keys(await metrics())).not.toContain(`witness_cosigned_seconds${label}`);

    const states = http.service(WitnessStates);
    const [state] = await states.of(1);
    if (state) await states.cosigned(state, size, '— w.example AAAAAAAA\n');
    expect((await readiness()).details['witnesses']).toEqual({ 'w.example': 'ok' });
    const later = await metrics();
    expect(later).toMatchObject({ [`witness_size${label}`]: size, [`witness_failing${label}`]: 0 });
    expect(later[`witness_cosigned_seconds${label}`]).toBeLessThan(30);
    expect((await http.service(Publication).of(1))?.note).toContain('w.example');
  });
});
