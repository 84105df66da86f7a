import { Injectable } from '@nestjs/common';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Database } from '../database/database.js';
import { feature } from '../features/feature.js';
import { type BootedModule, bootTestModule, describeOnEveryDialect } from '../testing/index.js';
import { Clock } from '../time/clock.js';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import { DomainEvent } from './domain-event.js';
import { HandlerRegistry } from './handler-registry.js';
import { Handles, type DeliveredEvent } from './handles.js';
import { OutboxWriter } from './outbox-writer.js';
import { OutboxRelay } from './relay.js';

class ThingHappened extends DomainEvent<{ thing: string }> {
  static readonly type = 'things.thing_happened';
}

class NobodyCares extends DomainEvent {
  static readonly type = 'things.nobody_cares';
}

/** Published by a version that knows more than this one. */
class FromANewerVersion extends DomainEvent {
  static readonly type = 'things.from_a_newer_version';
}

const things = feature({ name: 'things', events: [ThingHappened, NobodyCares] });

class MovableClock extends Clock {
  private aheadMs = 0;

  advance(ms: number): void {
    this.aheadMs += ms;
  }

  override now(): Date {
    return new Date(Date.now() + this.aheadMs);
  }
}

@Injectable()
class Listeners {
  readonly seen: DeliveredEvent[] = [];
  failures = 0;
  mails = 0;
  /** What the mail server waits for before it answers. */
  mailServer: () => Promise<void> = async () => undefined;

  constructor(private readonly database: Database) {}

  @Handles(ThingHappened, { name: 'things.first' })
  async first(event: DeliveredEvent): Promise<void> {
    this.seen.push(event);
  }

  @Handles(ThingHappened, { name: 'things.second' })
  async second(): Promise<void> {
    // Leaves a trace in the transaction, which a failure must take back.
    await this.database.query(
      `INSERT INTO outbox_delivery (message_id, handler, delivered_at) VALUES ('trace', ?, '2026-01-01 00:00:00')`,
      [`try ${this.failures}`],
    );
    if (this.failures > 0) {
      this.failures -= 1;
      throw Object.assign(new Error('secret@example.org could not be reached'), { code: 'EDNS' });
    }
  }

  @Handles(ThingHappened, { name: 'things.mail', unit: false })
  async mail(): Promise<void> {
    this.mails += 1;
    await this.mailServer();
  }
}

describeOnEveryDialect('the outbox relay', (dialect) => {
  let app: BootedModule;
  let clock: MovableClock;
  let relay: OutboxRelay;
  let units: UnitOfWork;
  let listeners: Listeners;

  beforeEach(async () => {
    app = await bootTestModule({ dialect, nullPorts: true, imports: [things], providers: [Listeners] });
    clock = new MovableClock();
    Object.assign(app.get(Clock), { now: () => clock.now() });
    relay = app.get(OutboxRelay);
    units = app.get(UnitOfWork);
    listeners = app.get(Listeners);
  });
  afterEach(async () => {
    vi.useRealTimers();
    vi.restoreAllMocks();
    await app.close();
  });

  const publish = (event: DomainEvent, options?: { after?: Date }) =>
    units.run({ action: 'thing.do' }, async (unit) => unit.publish(event, options));
  const messages = () =>
    app
      .get(Database)
      .query<{ status: string; attempts: number; last_error: string | null }>(
        'SELECT status, attempts, last_error FROM outbox_message ORDER BY id',
      );
  const traces = () => app.get(Database).query(`SELECT 1 FROM outbox_delivery WHERE message_id = 'trace'`);

  it('is not troubled with an event that nobody handles', async () => {
    const wake = vi.fn<() => void>();
    app.get(OutboxWriter).onWritten(wake);
    await publish(new NobodyCares({}));
    expect((await messages()).map(({ status }) => status)).toEqual(['done']);
    expect(wake).not.toHaveBeenCalled();
    await publish(new ThingHappened({ thing: 'a' }));
    expect(wake).toHaveBeenCalledOnce();
  });

  it('is done at once with what nobody handles in its version, if another one left it to be handled', async () => {
    await publish(new NobodyCares({}));
    await units.run({ action: 'outbox.renew', recorded: false }, () =>
      app.get(Database).query(`UPDATE outbox_message SET status = 'pending'`),
    );
    await relay.relay();
    expect((await messages()).map(({ status }) => status)).toEqual(['done']);
  });

  it('takes a committed event to every handler once', async () => {
    await publish(new ThingHappened({ thing: 'a' }));
    await publish(new NobodyCares({}));
    await relay.drain();
    await relay.relay();
    expect(listeners.seen.map(({ payload, type }) => [payload, type])).toEqual([
      [{ thing: 'a' }, 'things.thing_happened'],
    ]);
    expect(listeners.mails).toBe(1);
    expect((await messages()).map(({ status }) => status)).toEqual(['done', 'done']);
  });

  it('keeps nothing of a unit that rolled back', async () => {
    const failing = units.run({ action: 'thing.do' }, async (unit) => {
      unit.publish(new ThingHappened({ thing: 'a' }));
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await messages()).toEqual([]);
  });

  it('retries only the handler that failed, takes back what it wrote, and quotes no message', async () => {
    listeners.failures = 2;
    await publish(new ThingHappened({ thing: 'a' }));
    await relay.relay();
    expect(await traces()).toHaveLength(0);
    expect(await messages()).toMatchObject([{ status: 'pending', last_error: 'things.second: Error EDNS' }]);
    expect(listeners.mails).toBe(1);
    clock.advance(10_000);
    await relay.relay();
    clock.advance(10_000);
    await relay.relay();
    expect([listeners.seen.length, listeners.mails]).toEqual([1, 1]);
    expect(await traces()).toHaveLength(1);
    expect(await messages()).toMatchObject([{ status: 'done' }]);
  });

  it('makes a dead letter of what never succeeds, which can be replayed', async () => {
    listeners.failures = 12;
    await publish(new ThingHappened({ thing: 'a' }));
    for (let attempt = 0; attempt < 12; attempt += 1) {
      await relay.relay();
      clock.advance(3_700_000);
    }
    expect(await messages()).toMatchObject([{ status: 'dead' }]);
    const { items } = await relay.deadLetters({ limit: 10 });
    const [dead] = items;
    expect(dead).toMatchObject({ type: 'things.thing_happened', lastError: 'things.second: Error EDNS' });
    await relay.replay(dead!.id);
    await relay.drain();
    expect(await messages()).toMatchObject([{ status: 'done' }]);
  });

  it('handles a delayed event when it is due, and not before', async () => {
    await publish(new ThingHappened({ thing: 'later' }), { after: new Date(clock.now().getTime() + 60_000) });
    await relay.relay();
    expect(listeners.seen).toHaveLength(0);
    clock.advance(61_000);
    await relay.relay();
    expect(listeners.seen).toHaveLength(1);
  });

  it('hands each event to one of many relays working at once', async () => {
    await units.run({ action: 'thing.do' }, async (unit) => {
      for (let index = 0; index < 50; index += 1) unit.publish(new ThingHappened({ thing: String(index) }));
    });
    listeners.failures = 0;
    Object.assign(listeners, { second: async () => undefined });
    await Promise.all([relay.relay(), relay.relay(), relay.relay()]);
    expect(new Set(listeners.seen.map(({ id }) => id)).size).toBe(50);
    expect(listeners.seen).toHaveLength(50);
  });

  it('begins nothing more when the application shuts down, and leaves the rest to others', async () => {
    Object.assign(listeners, { second: async () => relay.beforeApplicationShutdown() });
    await units.run({ action: 'thing.do' }, async (unit) => {
      for (let index = 0; index < 30; index += 1) unit.publish(new ThingHappened({ thing: String(index) }));
    });
    await relay.relay();
    const begun = listeners.seen.length;
    expect(begun).toBeLessThan(30);
    const due = await app
      .get(Database)
      .query(
        `SELECT id FROM outbox_message WHERE status = 'pending' AND attempts = 0 AND available_at <= ?`,
        [clock.now()],
      );
    expect(due).toHaveLength(30 - begun);
    await relay.drain();
    expect(listeners.seen).toHaveLength(begun);
  });

  it('takes up what a crashed relay had claimed, after the lease', async () => {
    await publish(new ThingHappened({ thing: 'a' }));
    await units.run({ action: 'outbox.claim', recorded: false }, () =>
      app
        .get(Database)
        .query('UPDATE outbox_message SET available_at = ?', [new Date(clock.now().getTime() + 60_000)]),
    );
    await relay.relay();
    expect(listeners.seen).toHaveLength(0);
    clock.advance(61_000);
    await relay.relay();
    expect(listeners.seen).toHaveLength(1);
  });

  /** A mail server that answers when it is told to. */
  const slowMailServer = () => {
    let answer = () => undefined as void;
    const answered = new Promise<void>((resolve) => (answer = resolve));
    listeners.mailServer = () => answered;
    return { answer };
  };
  const publishMany = async (count: number) => {
    Object.assign(listeners, { second: async () => undefined });
    await units.run({ action: 'thing.do' }, async (unit) => {
      for (let index = 0; index < count; index += 1)
        unit.publish(new ThingHappened({ thing: String(index) }));
    });
  };
  const leases = async () => {
    const rows = await app
      .get(Database)
      .query<{ at: Date | string }>(
        `SELECT available_at AS at FROM outbox_message WHERE status = 'pending' ORDER BY available_at`,
      );
    return rows.map(({ at }) => (at instanceof Date ? at : new Date(`${at.replace(' ', 'T')}Z`)).getTime());
  };

  it('keeps what it works on from others for as long as that takes', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { answer } = slowMailServer();
    await publishMany(20);
    const working = relay.relay();
    await vi.waitFor(() => expect(listeners.mails).toBe(8), 20_000);
    for (let minute = 0; minute < 3; minute += 1) {
      clock.advance(50_000);
      const [first] = await leases();
      vi.advanceTimersByTime(20_000);
      await vi.waitFor(async () => expect((await leases())[0]).toBeGreaterThan(first!), 20_000);
      await app.get(OutboxRelay).relay();
    }
    expect(listeners.mails).toBe(8);
    answer();
    await working;
    expect(listeners.mails).toBe(20);
    expect(new Set((await messages()).map(({ status }) => status))).toEqual(new Set(['done']));
  });

  it('begins nothing more once its lease has run out', async () => {
    vi.useFakeTimers({ toFake: ['setInterval', 'clearInterval'] });
    const { answer } = slowMailServer();
    await publishMany(20);
    const suspended = relay.relay();
    await vi.waitFor(() => expect(listeners.mails).toBe(8), 20_000);
    clock.advance(61_000);
    answer();
    await suspended;
    expect(listeners.mails).toBe(8);
    await relay.relay();
    expect(listeners.mails).toBe(20);
  });

  it('leaves events alone that only a newer version knows, and does not wait for them', async () => {
    await publish(new FromANewerVersion({}));
    await publish(new ThingHappened({ thing: 'a' }));
    await relay.drain();
    expect(await messages()).toMatchObject([
      { status: 'pending', attempts: expect.toSatisfy((count: unknown) => Number(count) === 0) as number },
      { status: 'done' },
    ]);
    const types = [FromANewerVersion.type, ThingHappened.type];
    vi.spyOn(app.get(HandlerRegistry), 'knownTypes', 'get').mockReturnValue(types);
    await relay.drain();
    expect((await messages()).map(({ status }) => status)).toEqual(['done', 'done']);
  });

  it('makes a dead letter of an event that nobody has known for a day', async () => {
    await publish(new FromANewerVersion({}));
    clock.advance(23 * 3_600_000);
    await relay.cleanUp();
    expect(await messages()).toMatchObject([{ status: 'pending' }]);
    clock.advance(2 * 3_600_000);
    await relay.cleanUp();
    expect(await messages()).toMatchObject([
      { status: 'dead', last_error: 'no room here declares this event' },
    ]);
    const { items } = await relay.deadLetters({ limit: 10 });
    await relay.replay(items[0]!.id);
    expect(await messages()).toMatchObject([{ status: 'pending' }]);
  });
});
