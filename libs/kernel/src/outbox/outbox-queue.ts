import { Injectable, Logger } from '@nestjs/common';
import { Database } from '../database/database.js';
import { Clock } from '../time/clock.js';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import { HandlerRegistry } from './handler-registry.js';

const BATCH = 200;
const KEEP_DONE_DAYS = 7;
const UNKNOWN_AFTER_HOURS = 24;
const HOUR_MS = 3_600_000;

/** For how long a claimed message is nobody else's, unless the claim is renewed. */
export const LEASE_MS = 60_000;

/** Work on transport tables only: the effects of events are on the record as entries of their own. */
export const BOOKKEEPING = { action: 'outbox.relay', recorded: false } as const;

export interface Message {
  readonly id: string;
  readonly type: string;
  readonly payload: string;
  readonly attempts: number | string;
  readonly created_at: Date | string;
  readonly trace_id: string | null;
}

export interface Claimed {
  readonly messages: readonly Message[];
  /** More may wait. */
  readonly isFull: boolean;
  readonly leasedUntil: Date;
}

/**
 * The table of messages, as relays see it: claimed by status, leased for a time, done with or put off. Messages of a
 * type that this process does not know are left alone; see docs/adr/0011.
 */
@Injectable()
export class OutboxQueue {
  private readonly logger = new Logger('OutboxQueue');

  constructor(
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly registry: HandlerRegistry,
    private readonly clock: Clock,
  ) {}

  async isDue(): Promise<boolean> {
    const types = this.registry.knownTypes;
    if (types.length === 0) return false;
    const due = await this.database.query(
      `SELECT 1 FROM outbox_message WHERE status = 'pending' AND available_at <= ? AND type IN (${marks(types)}) LIMIT 1`,
      [this.clock.now(), ...types],
    );
    return due.length > 0;
  }

  /** Takes what is due for this process. What is declared here and handled by nobody is done with at once. */
  async claim(): Promise<Claimed> {
    const now = this.clock.now();
    const leasedUntil = new Date(now.getTime() + LEASE_MS);
    // Looking first spares an idle system a write transaction every second.
    if (!(await this.isDue())) return { messages: [], isFull: false, leasedUntil };
    const types = this.registry.knownTypes;
    return this.units.run(BOOKKEEPING, async (unit) => {
      const rows = await this.database.query<Message>(
        `SELECT id, type, payload, attempts, created_at, trace_id FROM outbox_message
         WHERE status = 'pending' AND available_at <= ? AND type IN (${marks(types)})
         ORDER BY available_at LIMIT ${BATCH} ${this.database.dialect.skipLocked}`,
        [now, ...types],
      );
      const isHandled = ({ type }: Message) => this.registry.handlersOf(type).length > 0;
      const messages = rows.filter(isHandled);
      const unheard = rows.filter((row) => !isHandled(row)).map(({ id }) => id);
      if (messages.length > 0) {
        unit.append(
          `UPDATE outbox_message SET attempts = attempts + 1, available_at = ? WHERE id IN (${marks(messages)})`,
          [leasedUntil, ...messages.map(({ id }) => id)],
        );
      }
      if (unheard.length > 0) {
        unit.append(`UPDATE outbox_message SET status = 'done' WHERE id IN (${marks(unheard)})`, unheard);
      }
      return { messages, isFull: rows.length === BATCH, leasedUntil };
    });
  }

  /** Keeps what is still worked on from others for another {@link LEASE_MS}; gives the new end of the lease. */
  async renew(ids: readonly string[]): Promise<Date> {
    const leasedUntil = new Date(this.clock.now().getTime() + LEASE_MS);
    await this.update(ids, 'available_at = ?', [leasedUntil]);
    return leasedUntil;
  }

  finish(ids: readonly string[]): Promise<void> {
    return this.update(ids, `status = 'done'`, []);
  }

  /** Lets another relay have at once what this one claimed and did not begin. */
  giveBack(ids: readonly string[]): Promise<void> {
    return this.update(ids, 'attempts = attempts - 1, available_at = ?', [this.clock.now()]);
  }

  /** Has a message tried again after `pauseMs`; without a pause it becomes a dead letter. `lastError` quotes no input. */
  postpone(id: string, pauseMs: number | undefined, lastError: string): Promise<void> {
    return this.update([id], 'status = ?, available_at = ?, last_error = ?', [
      pauseMs === undefined ? 'dead' : 'pending',
      new Date(this.clock.now().getTime() + (pauseMs ?? 0)),
      lastError.slice(0, 255),
    ]);
  }

  /** Forgets messages that have been done with for long. */
  async removeOld(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - KEEP_DONE_DAYS * 24 * HOUR_MS);
    await this.units.run(BOOKKEEPING, async () => {
      const old = await this.database.query<{ id: string }>(
        `SELECT id FROM outbox_message WHERE status = 'done' AND available_at < ? LIMIT 1000`,
        [before],
      );
      if (old.length === 0) return;
      const ids = old.map(({ id }) => id);
      await this.database.query(`DELETE FROM outbox_delivery WHERE message_id IN (${marks(ids)})`, ids);
      await this.database.query(`DELETE FROM outbox_message WHERE id IN (${marks(ids)})`, ids);
    });
  }

  /** Shows an operator, as dead letters, what no version that runs has known for a day. */
  async buryUnknown(): Promise<void> {
    const types = this.registry.knownTypes;
    const before = new Date(this.clock.now().getTime() - UNKNOWN_AFTER_HOURS * HOUR_MS);
    const unknown = await this.database.query<{ id: string; type: string }>(
      `SELECT id, type FROM outbox_message WHERE status = 'pending' AND available_at < ?
       ${types.length > 0 ? `AND type NOT IN (${marks(types)})` : ''} LIMIT 1000`,
      [before, ...types],
    );
    if (unknown.length === 0) return;
    const found = [...new Set(unknown.map(({ type }) => type))];
    this.logger.warn({ types: found, messages: unknown.length }, 'no room declares these events');
    const ids = unknown.map(({ id }) => id);
    await this.update(ids, `status = 'dead', last_error = ?`, ['no room here declares this event']);
  }

  /** Changes what is still pending: what somebody else has finished meanwhile stays finished. */
  private async update(
    ids: readonly string[],
    changes: string,
    parameters: readonly unknown[],
  ): Promise<void> {
    if (ids.length === 0) return;
    await this.units.run(BOOKKEEPING, () =>
      this.database.query(
        `UPDATE outbox_message SET ${changes} WHERE status = 'pending' AND id IN (${marks(ids)})`,
        [...parameters, ...ids],
      ),
    );
  }
}

const marks = (values: readonly unknown[]) => values.map(() => '?').join(', ');
