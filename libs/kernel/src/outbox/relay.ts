import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { RequestContext } from '../context/request-context.js';
import { systemPrincipal } from '../context/principal.js';
import { Database } from '../database/database.js';
import { Recurring } from '../background/recurring.js';
import { InjectRepository } from '../database/repositories.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { type Page, type PageQuery, paginate } from '../http/pagination.js';
import { Clock } from '../time/clock.js';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import { OutboxMessage } from './entities.js';
import { HandlerRegistry, type RegisteredHandler } from './handler-registry.js';

const BATCH = 200;
const PARALLEL = 8;
const LEASE_MS = 60_000;
const MAX_ATTEMPTS = 12;
const KEEP_DONE_DAYS = 7;

interface Message {
  readonly id: string;
  readonly type: string;
  readonly payload: string;
  readonly attempts: number | string;
  readonly created_at: Date | string;
  readonly trace_id: string | null;
}

const BOOKKEEPING = { action: 'outbox.relay', recorded: false } as const;

/**
 * Takes events from the outbox to their handlers: claimed by status, at least once, in no promised order. A failed
 * delivery is tried again with growing pauses and becomes a dead letter after {@link MAX_ATTEMPTS} tries.
 */
@Injectable()
export class OutboxRelay implements BeforeApplicationShutdown {
  private readonly logger = new Logger('OutboxRelay');
  private isStopping = false;

  constructor(
    @InjectRepository(OutboxMessage) private readonly messages: Repository<OutboxMessage>,
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly registry: HandlerRegistry,
    private readonly context: RequestContext,
    private readonly clock: Clock,
  ) {}

  /** Relays one batch; true when more may wait. */
  @Recurring({ name: 'kernel.outbox', everyMs: 1000 })
  async relay(): Promise<boolean> {
    if (this.isStopping) return false;
    const { messages, isFull } = await this.claim();
    const done: string[] = [];
    const waiting = [...messages];
    const work = async () => {
      for (let message = waiting.shift(); message; message = this.isStopping ? undefined : waiting.shift()) {
        if (await this.deliver(message)) done.push(message.id);
      }
    };
    await Promise.all(Array.from({ length: PARALLEL }, work));
    if (done.length > 0) await this.finish(done);
    if (waiting.length > 0) await this.giveBack(waiting);
    return isFull;
  }

  /** Relays until nothing is due. For tests and for an orderly end of work. */
  async drain(): Promise<void> {
    while (!this.isStopping && (await this.isDue())) await this.relay();
  }

  /** Finishes what handlers have begun; a whole batch may take minutes while a mail server does not answer. */
  beforeApplicationShutdown(): void {
    this.isStopping = true;
  }

  /** The messages that no handler could take, oldest first. */
  async deadLetters(query: PageQuery): Promise<Page<OutboxMessage>> {
    const dead = this.messages.createQueryBuilder('message').where(`message.status = 'dead'`);
    return paginate(dead, { alias: 'message', query, order: 'ASC' });
  }

  /** Gives a dead letter a fresh start; handlers that had finished with it are not called again. */
  async replay(messageId: string): Promise<void> {
    await this.units.run(
      { action: 'outbox.replay', resource: { type: 'outbox_message', id: messageId } },
      async () => {
        const revived = await this.messages.update(
          { id: messageId, status: 'dead' },
          { status: 'pending', attempts: 0, availableAt: this.clock.now() },
        );
        if (revived.affected !== 1) throw kernelErrors.problem('kernel.not_found');
      },
    );
  }

  @Recurring({ name: 'kernel.outbox_cleanup', everyMs: 3_600_000 })
  async removeOld(): Promise<void> {
    const before = new Date(this.clock.now().getTime() - KEEP_DONE_DAYS * 86_400_000);
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

  private async isDue(): Promise<boolean> {
    const due = await this.database.query(
      `SELECT 1 FROM outbox_message WHERE status = 'pending' AND available_at <= ? LIMIT 1`,
      [this.clock.now()],
    );
    return due.length > 0;
  }

  /** Takes what is due for this process. What nobody handles is done with at once. */
  private async claim(): Promise<{ messages: Message[]; isFull: boolean }> {
    // Looking first spares an idle system a write transaction every second.
    if (!(await this.isDue())) return { messages: [], isFull: false };
    const now = this.clock.now();
    return this.units.run(BOOKKEEPING, async (unit) => {
      const rows = await this.database.query<Message>(
        `SELECT id, type, payload, attempts, created_at, trace_id FROM outbox_message
         WHERE status = 'pending' AND available_at <= ? ORDER BY available_at LIMIT ${BATCH} ${this.database.dialect.skipLocked}`,
        [now],
      );
      const isHandled = ({ type }: Message) => this.registry.handlersOf(type).length > 0;
      const messages = rows.filter(isHandled);
      const unheard = rows.filter((row) => !isHandled(row)).map(({ id }) => id);
      if (messages.length > 0) {
        unit.append(
          `UPDATE outbox_message SET attempts = attempts + 1, available_at = ? WHERE id IN (${marks(messages)})`,
          [new Date(now.getTime() + LEASE_MS), ...messages.map(({ id }) => id)],
        );
      }
      if (unheard.length > 0) {
        unit.append(`UPDATE outbox_message SET status = 'done' WHERE id IN (${marks(unheard)})`, unheard);
      }
      return { messages, isFull: rows.length === BATCH };
    });
  }

  private async deliver(message: Message): Promise<boolean> {
    let failure: { handler: RegisteredHandler; error: unknown } | undefined;
    // Each handler gets its turn: what one cannot do now is no reason for the others to wait, or never to hear of it.
    for (const handler of this.registry.handlersOf(message.type)) {
      try {
        await this.context.runAs(systemPrincipal(handler.name), () => this.handle(message, handler), {
          operation: handler.name,
          ...(message.trace_id ? { traceId: message.trace_id } : {}),
        });
      } catch (error) {
        failure ??= { handler, error };
      }
    }
    if (failure) await this.postpone(message, failure.handler, failure.error);
    return failure === undefined;
  }

  private async handle(message: Message, handler: RegisteredHandler): Promise<void> {
    const key = [message.id, handler.name];
    const delivered = await this.database.query(
      `SELECT 1 FROM outbox_delivery WHERE message_id = ? AND handler = ?`,
      key,
    );
    if (delivered.length > 0) return;
    const event = {
      id: message.id,
      type: message.type,
      payload: JSON.parse(message.payload) as object,
      occurredAt: toDate(message.created_at),
    };
    const remember = () =>
      this.database.query(
        `INSERT INTO outbox_delivery (message_id, handler, delivered_at) VALUES (?, ?, ?)`,
        [...key, this.clock.now()],
      );
    if (handler.unit) {
      await this.units.run({ action: handler.name }, async () => {
        await remember();
        await handler.handle(event);
      });
      return;
    }
    await handler.handle(event);
    await this.units.run(BOOKKEEPING, remember);
  }

  private async finish(ids: readonly string[]): Promise<void> {
    await this.units.run(BOOKKEEPING, () =>
      this.database.query(`UPDATE outbox_message SET status = 'done' WHERE id IN (${marks(ids)})`, ids),
    );
  }

  /** Lets another relay have at once what this one claimed and did not begin. */
  private async giveBack(messages: readonly Message[]): Promise<void> {
    const ids = messages.map(({ id }) => id);
    await this.units.run(BOOKKEEPING, () =>
      this.database.query(
        `UPDATE outbox_message SET attempts = attempts - 1, available_at = ?
         WHERE status = 'pending' AND id IN (${marks(ids)})`,
        [this.clock.now(), ...ids],
      ),
    );
  }

  private async postpone(message: Message, handler: RegisteredHandler, error: unknown): Promise<void> {
    const attempts = Number(message.attempts) + 1;
    const isDead = attempts >= MAX_ATTEMPTS;
    const name = error instanceof Error ? error.name : 'Error';
    this.logger.warn(
      { messageId: message.id, type: message.type, handler: handler.name, attempts, isDead, error: name },
      'delivery failed',
    );
    const pauseMs = Math.min(2 ** attempts * 500 * (0.5 + Math.random()), 3_600_000);
    await this.units.run(BOOKKEEPING, () =>
      this.database.query(
        `UPDATE outbox_message SET status = ?, available_at = ?, last_error = ? WHERE id = ?`,
        [
          isDead ? 'dead' : 'pending',
          new Date(this.clock.now().getTime() + pauseMs),
          `${handler.name}: ${name}`.slice(0, 255),
          message.id,
        ],
      ),
    );
  }
}

const marks = (values: readonly unknown[]) => values.map(() => '?').join(', ');

const toDate = (value: Date | string) =>
  value instanceof Date ? value : new Date(`${value.replace(' ', 'T')}${value.endsWith('Z') ? '' : 'Z'}`);
