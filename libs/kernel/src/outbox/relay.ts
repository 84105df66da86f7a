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
import { toDate } from '../time/to-date.js';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import { Claim } from './claim.js';
import { OutboxMessage } from './entities.js';
import { HandlerRegistry, type RegisteredHandler } from './handler-registry.js';
import { BOOKKEEPING, type Message, OutboxQueue } from './outbox-queue.js';

const PARALLEL = 8;
const MAX_ATTEMPTS = 12;
const LONGEST_PAUSE_MS = 3_600_000;

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
    private readonly queue: OutboxQueue,
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
    const claimed = await this.queue.claim();
    if (claimed.messages.length === 0) return claimed.isFull;
    const claim = new Claim(this.queue, () => this.clock.now(), claimed);
    const work = async () => {
      for (let message = claim.next(); message; message = this.isStopping ? undefined : claim.next()) {
        claim.settle(message, await this.deliver(message));
      }
    };
    const ends = await Promise.allSettled(Array.from({ length: PARALLEL }, work));
    await claim.end();
    for (const end of ends) if (end.status === 'rejected') throw end.reason;
    return claimed.isFull;
  }

  /** Relays until nothing is due. For tests and for an orderly end of work. */
  async drain(): Promise<void> {
    while (!this.isStopping && (await this.queue.isDue())) await this.relay();
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
  async cleanUp(): Promise<void> {
    await this.queue.removeOld();
    await this.queue.buryUnknown();
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

  private async postpone(message: Message, handler: RegisteredHandler, error: unknown): Promise<void> {
    const attempts = Number(message.attempts) + 1;
    const isDead = attempts >= MAX_ATTEMPTS;
    const name = nameOf(error);
    this.logger.warn(
      { messageId: message.id, type: message.type, handler: handler.name, attempts, isDead, error: name },
      'delivery failed',
    );
    const pauseMs = Math.min(2 ** attempts * 500 * (0.5 + Math.random()), LONGEST_PAUSE_MS);
    await this.queue.postpone(message.id, isDead ? undefined : pauseMs, `${handler.name}: ${name}`);
  }
}

/** What may be told of an error: its message could quote input, such as an address. */
function nameOf(error: unknown): string {
  if (!(error instanceof Error)) return 'Error';
  const { code } = error as { code?: unknown };
  return typeof code === 'string' && /^[\w.]{1,60}$/.test(code) ? `${error.name} ${code}` : error.name;
}
