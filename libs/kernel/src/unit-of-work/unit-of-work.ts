import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, QueryRunner } from 'typeorm';
import { InjectConfig } from '../config/define-config.js';
import { kernelConfig, type KernelConfig } from '../config/kernel.config.js';
import { DIALECT, WRITER } from '../database/database.js';
import type { Dialect } from '../database/dialects/dialect.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { Problem } from '../errors/problem.js';
import { newId } from '../ids/ids.js';
import { OutboxWriter } from '../outbox/outbox-writer.js';
import { Ports, UnitRecorder } from '../ports/ports.js';
import { Clock } from '../time/clock.js';
import { SerialQueue } from './serial-queue.js';
import { currentUnit, OpenUnit, type Unit, type UnitIntent, withUnit } from './unit.js';
import { UnitHooks } from './unit-hooks.js';

const MAX_ATTEMPTS = 6;
const UNRECORDED_STATUS = [400, 422, 429];

const recorded = new WeakSet<object>();

/** Whether a refused or failed unit has already left an entry about this error. */
export const wasRecorded = (error: unknown): boolean => typeof error === 'object' && !!error && recorded.has(error);

/** Marks an error as told on the record. */
export function markRecorded(error: unknown): void {
  if (typeof error === 'object' && error) recorded.add(error);
}

/** `refused` for a business answer, `failed` for a defect or an outage, undefined for what only metrics count. */
export function outcomeOf(error: unknown): 'refused' | 'failed' | undefined {
  if (!(error instanceof Problem)) return 'failed';
  if (UNRECORDED_STATUS.includes(error.status)) return undefined;
  return error.status >= 500 ? 'failed' : 'refused';
}

/**
 * The only way to write. One unit is one transaction with its row changes, audit entry, events and idempotency record.
 * `run` joins an open unit, else begins one and retries it as a whole when it loses a race, so `work` may run more
 * than once: it loads its entities inside, and makes no network call.
 */
@Injectable()
export class UnitOfWork {
  private readonly queue = new SerialQueue();

  constructor(
    @Inject(getDataSourceToken(WRITER)) private readonly writer: DataSource,
    @Inject(DIALECT) private readonly dialect: Dialect,
    @InjectConfig(kernelConfig) private readonly config: KernelConfig,
    private readonly ports: Ports,
    private readonly hooks: UnitHooks,
    private readonly outbox: OutboxWriter,
    private readonly clock: Clock,
  ) {}

  /** The open unit, if the running code is inside one. */
  get current(): Unit | undefined {
    return currentUnit();
  }

  /**
   * Runs `work` in one transaction. An error that leaves `work` rolls everything back, also out of a joined unit: the
   * outer unit cannot commit any more, even if the error is caught there.
   */
  async run<T>(intent: UnitIntent, work: (unit: Unit) => Promise<T>): Promise<T> {
    const open = currentUnit();
    if (open) return this.join(open, work);
    if (intent.recorded !== false) await this.ports.get(UnitRecorder).prepare(intent);
    let last: UnitIntent = intent;
    try {
      return await this.attempt(intent, work, (unit) => (last = unit.intent));
    } catch (error) {
      await this.recordRefusal(last, error);
      throw error;
    }
  }

  private async join<T>(unit: OpenUnit, work: (unit: Unit) => Promise<T>): Promise<T> {
    unit.assertUsable();
    try {
      return await work(unit);
    } catch (error) {
      unit.doom(error);
      throw error;
    }
  }

  private async attempt<T>(
    intent: UnitIntent,
    work: (unit: Unit) => Promise<T>,
    ended: (unit: OpenUnit) => void,
  ): Promise<T> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await (this.dialect.serialUnits
          ? this.queue.run(() => this.once(intent, work, ended))
          : this.once(intent, work, ended));
      } catch (error) {
        if (!this.dialect.isRetryable(error)) throw error;
        if (attempt === MAX_ATTEMPTS) throw kernelErrors.problem('kernel.unavailable', { cause: error });
        await delay(Math.random() * 10 * 2 ** attempt);
      }
    }
  }

  private async once<T>(
    intent: UnitIntent,
    work: (unit: Unit) => Promise<T>,
    ended: (unit: OpenUnit) => void,
  ): Promise<T> {
    const runner = this.writer.createQueryRunner();
    const manager = this.writer.createEntityManager(runner);
    const unit = new OpenUnit(newId('aud'), manager, intent, this.clock.now());
    const isRecorded = intent.recorded !== false;
    try {
      await this.dialect.begin(runner, isRecorded ? unit.id : null);
      const release = this.guard(runner, unit);
      try {
        const result = await withUnit(unit, async () => {
          const value = await work(unit);
          if (isRecorded) {
            await this.hooks.run(unit);
            await this.ports.get(UnitRecorder).record(unit);
          }
          this.outbox.append(unit);
          return value;
        });
        unit.assertUsable();
        this.assertInTime(unit);
        await this.dialect.commit(runner, unit.tail);
        for (const callback of unit.committed) callback();
        return result;
      } finally {
        unit.close();
        ended(unit);
        release();
      }
    } catch (error) {
      await this.dialect.rollback(runner);
      throw error;
    } finally {
      await runner.release();
    }
  }

  /** Every statement of the unit passes here: a doomed or closed unit lets nothing through. */
  private guard(runner: QueryRunner, unit: OpenUnit): () => void {
    const query = runner.query.bind(runner) as (...args: unknown[]) => Promise<unknown>;
    const guarded = async (...args: unknown[]): Promise<unknown> => {
      unit.assertUsable();
      try {
        return await query(...args);
      } catch (error) {
        if (this.dialect.isRetryable(error) || this.dialect.isFatal(error)) unit.doom(error);
        throw error;
      }
    };
    Object.assign(runner, { query: guarded });
    return () => {
      delete (runner as { query?: unknown }).query;
    };
  }

  private assertInTime(unit: OpenUnit): void {
    const elapsedMs = this.clock.now().getTime() - unit.startedAt.getTime();
    if (elapsedMs > this.config.unitTimeoutMs) {
      throw kernelErrors.problem('kernel.unavailable', {
        cause: new Error(`unit ${unit.intent.action} took ${elapsedMs} ms`),
      });
    }
  }

  private async recordRefusal(intent: UnitIntent, error: unknown): Promise<void> {
    const outcome = outcomeOf(error);
    if (!outcome || intent.recorded === false || wasRecorded(error)) return;
    markRecorded(error);
    await this.ports.get(UnitRecorder).recordRefusal(intent, error, outcome);
  }
}
