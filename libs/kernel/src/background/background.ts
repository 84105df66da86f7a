import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { detached } from '../context/ambient.js';
import { systemPrincipal } from '../context/principal.js';
import { newRequestState, RequestContext } from '../context/request-context.js';
import { Migrator } from '../database/migrator.js';
import { OutboxWriter } from '../outbox/outbox-writer.js';
import { recurringOf, type RecurringDeclaration } from './recurring.js';

export const BACKGROUND = 'steward.background';

/** A job that is woken again and again runs this often at most, so that a busy system works in large batches. */
const WAKE_EVERY_MS = 100;

interface Job extends RecurringDeclaration {
  run(): Promise<unknown>;
  /** When it last began, on the monotonic clock. */
  startedAt: number;
  /** Woken, and about to run. */
  isAwake: boolean;
  timer?: NodeJS.Timeout;
  running?: Promise<void>;
}

/** Runs what is declared with `@Recurring`, as a system principal, until the application shuts down; not while migrations are missing. */
@Injectable()
export class Background implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly logger = new Logger('Background');
  private readonly jobs = new Map<string, Job>();
  private stopped = false;

  constructor(
    @Inject(BACKGROUND) private readonly enabled: boolean,
    private readonly discovery: DiscoveryService,
    private readonly context: RequestContext,
    private readonly outbox: OutboxWriter,
    private readonly migrator: Migrator,
  ) {}

  onApplicationBootstrap(): void {
    if (!this.enabled) return;
    for (const job of this.discover()) {
      this.jobs.set(job.name, job);
      this.schedule(job, Math.min(job.everyMs, 1000));
    }
    this.outbox.onWritten(() => this.wake('kernel.outbox'));
  }

  /** Waits for what runs; nothing starts any more. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopped = true;
    for (const { timer } of this.jobs.values()) clearTimeout(timer);
    await Promise.all([...this.jobs.values()].flatMap(({ running }) => running ?? []));
  }

  /** Runs a job soon instead of at its next turn, again if it runs just now. */
  wake(name: string): void {
    const job = this.jobs.get(name);
    // Once only: if each of many calls in a row put it off again, its turn would never come.
    if (!job || job.isAwake) return;
    job.isAwake = true;
    if (!job.running) this.schedule(job, this.untilNextWake(job));
  }

  private untilNextWake({ startedAt }: Job): number {
    return Math.max(5, startedAt + WAKE_EVERY_MS - performance.now());
  }

  private schedule(job: Job, inMs: number): void {
    if (this.stopped) return;
    clearTimeout(job.timer);
    // Somebody's request may have woken the job; the timer, and each that follows it, would keep that request for ever.
    job.timer = detached(() =>
      setTimeout(() => {
        job.running = this.execute(job);
      }, inMs),
    );
    job.timer.unref();
  }

  private async execute(job: Job): Promise<void> {
    let again = false;
    job.isAwake = false;
    job.startedAt = performance.now();
    try {
      const state = newRequestState({ principal: systemPrincipal(job.name), operation: job.name });
      if (await this.migrator.isCurrent()) again = (await this.context.run(state, () => job.run())) === true;
    } catch (error) {
      this.logger.error({ job: job.name, err: error }, 'background job failed');
    } finally {
      delete job.running;
      this.schedule(job, again ? 0 : job.isAwake ? this.untilNextWake(job) : job.everyMs);
    }
  }

  private discover(): Job[] {
    const jobs: Job[] = [];
    for (const { instance } of this.discovery.getProviders()) {
      if (typeof instance !== 'object' || instance === null) continue;
      for (const declaration of recurringOf(Object.getPrototypeOf(instance) as object)) {
        const call = (instance as Record<string, () => Promise<unknown>>)[declaration.method];
        jobs.push({
          ...declaration,
          startedAt: -Infinity,
          isAwake: false,
          run: async () => call?.call(instance),
        });
      }
    }
    return jobs;
  }
}
