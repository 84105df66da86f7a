import { Logger } from '@nestjs/common';
import { type Claimed, LEASE_MS, type Message, type OutboxQueue } from './outbox-queue.js';

/** The messages that this process works on. While it does, the lease is renewed, so that nobody else delivers them too. */
export class Claim {
  private readonly logger = new Logger('OutboxRelay');
  private readonly waiting: Message[];
  private readonly begun = new Set<string>();
  private readonly done = new Set<string>();
  private leasedUntil: Date;
  private readonly timer: NodeJS.Timeout;
  private keeping: Promise<void> = Promise.resolve();

  constructor(
    private readonly queue: OutboxQueue,
    private readonly now: () => Date,
    { messages, leasedUntil }: Claimed,
  ) {
    this.waiting = [...messages];
    this.leasedUntil = leasedUntil;
    this.timer = setInterval(() => {
      this.keeping = this.keeping.then(() => this.keep());
    }, LEASE_MS / 3);
    this.timer.unref();
  }

  /** The next message to deliver; undefined when there is none, or when others may have taken them by now. */
  next(): Message | undefined {
    if (!this.isHeld) return undefined;
    const message = this.waiting.shift();
    if (message) this.begun.add(message.id);
    return message;
  }

  /** The message was delivered, or put off when `isDone` is false. */
  settle({ id }: Message, isDone: boolean): void {
    this.begun.delete(id);
    if (isDone) this.done.add(id);
  }

  /** Writes down what is done, and gives back what was not begun. */
  async end(): Promise<void> {
    clearInterval(this.timer);
    await this.keeping;
    await this.finish();
    if (this.isHeld) await this.queue.giveBack(this.waiting.map(({ id }) => id));
  }

  private get isHeld(): boolean {
    return this.now() < this.leasedUntil;
  }

  private async keep(): Promise<void> {
    try {
      await this.finish();
      if (this.isHeld) {
        this.leasedUntil = await this.queue.renew([...this.waiting.map(({ id }) => id), ...this.begun]);
      }
    } catch (error) {
      // Then nothing more is begun once the lease has run out.
      this.logger.error({ err: error }, 'a lease could not be renewed');
    }
  }

  private async finish(): Promise<void> {
    const ids = [...this.done];
    await this.queue.finish(ids);
    for (const id of ids) this.done.delete(id);
  }
}
