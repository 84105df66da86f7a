import { setTimeout as delay } from 'node:timers/promises';
import { Inject, Injectable, Logger } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, EntityManager, QueryRunner } from 'typeorm';
import { InjectConfig } from '../config/define-config.js';
import { kernelConfig, type KernelConfig } from '../config/kernel.config.js';
import { RequestContext } from '../context/request-context.js';
import { DIALECT, WRITER } from '../database/database.js';
import { type Dialect, markTransaction, type WholeUnit } from '../database/dialects/dialect.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { Problem } from '../errors/problem.js';
import { newId } from '../ids/ids.js';
import { OutboxWriter } from '../outbox/outbox-writer.js';
import { Ports, UnitRecorder } from '../ports/ports.js';
import { Clock } from '../time/clock.js';
import { SerialQueue } from './serial-queue.js';
import { SharedCommits } from './shared-commits.js';
import { currentUnit, MissedUpdate, OpenUnit, type Unit, type UnitIntent, withUnit } from './unit.js';
import { UnitHooks } from './unit-hooks.js';

const MAX_ATTEMPTS = 6;
const UNRECORDED_STATUS = [400, 422, 429];

const isRecorded = (intent: UnitIntent): boolean => intent.recorded !== false;

/** The entry that the unit's row changes are attributed to. */
const attribution = (unit: OpenUnit): string | null => (isRecorded(unit.intent) ? unit.id : null);

/** `refused` for a business answer, `failed` for a defect or an outage, undefined for what only metrics count. */
function outcomeOf(error: unknown): 'refused' | 'failed' | undefined {
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
  private readonly logger = new Logger('UnitOfWork');
  private readonly queue = new SerialQueue();
  private readonly shared: SharedCommits;

  constructor(
    @Inject(getDataSourceToken(WRITER)) private readonly writer: DataSource,
    @Inject(DIALECT) private readonly dialect: Dialect,
    @InjectConfig(kernelConfig) private readonly config: KernelConfig,
    private readonly ports: Ports,
    private readonly hooks: UnitHooks,
    private readonly outbox: OutboxWriter,
    private readonly clock: Clock,
    private readonly context: RequestContext,
  ) {
    this.shared = new SharedCommits(
      (units) => this.commitTogether(units),
      (error) => !dialect.isFatal(error),
      // So that the database has the next ones while this process answers the clients of the last one.
      dialect.serialUnits ? 1 : 4,
    );
  }

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
    if (isRecorded(intent)) await this.ports.get(UnitRecorder).prepare(intent);
    for (let attempt = 1; ; attempt += 1) {
      const unit = new OpenUnit(newId('aud'), (opening) => this.open(opening), intent, this.clock.now());
      try {
        return await this.once(unit, work);
      } catch (error) {
        const isRetryable = this.dialect.isRetryable(error);
        if (isRetryable && attempt < MAX_ATTEMPTS) {
          await delay(Math.random() * 10 * 2 ** attempt);
          continue;
        }
        const told = isRetryable ? kernelErrors.problem('kernel.unavailable', { cause: error }) : error;
        const isUncertain = unit.isCommitting && this.dialect.isFatal(error);
        await this.recordRefusal(unit.intent, told, isUncertain ? unit.id : undefined);
        throw told;
      }
    }
  }

  /**
   * Makes deleted bytes leave the database's files, where the database leaves that to us. Waits for its turn between
   * units. Throws while a reader still holds on to old pages; it may then be tried again.
   */
  async scrub(): Promise<void> {
    if (currentUnit()) throw new Error('Files are scrubbed after a unit of work, never inside one');
    await this.queue.run(async () => {
      const runner = this.writer.createQueryRunner();
      try {
        await this.dialect.scrub(runner);
      } finally {
        await runner.release();
      }
    });
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

  private async once<T>(unit: OpenUnit, work: (unit: Unit) => Promise<T>): Promise<T> {
    try {
      const result = await withUnit(unit, () => work(unit));
      if (isRecorded(unit.intent)) {
        for (const hook of this.hooks.beforeEachCommit) await withUnit(unit, () => hook(unit));
        this.ports.get(UnitRecorder).record(unit);
      }
      this.outbox.append(unit);
      unit.assertUsable();
      this.assertInTime(unit);
      // From here on a promise that outlives the work can slip nothing in, neither before COMMIT nor behind it.
      unit.close();
      unit.isCommitting = true;
      await this.commit(unit);
      for (const callback of unit.committed) callback();
      return result;
    } catch (error) {
      unit.close();
      await unit.begun?.catch(() => undefined);
      if (unit.begun && unit.connection)
        await this.dialect.rollback(unit.connection, unit.doomedBy?.error ?? error);
      throw this.dialect.isMissed(error)
        ? new MissedUpdate(`${unit.intent.action} came too late`, { cause: error })
        : error;
    } finally {
      unit.leave?.();
      if (unit.connection) await unit.connection.release();
    }
  }

  /**
   * The manager of a unit, on a connection of its own. TypeORM is told from the start that there is a transaction, lest
   * it open its own; the first statement begins it.
   */
  private open(unit: OpenUnit): EntityManager {
    const connection = this.writer.createQueryRunner();
    unit.connection = connection;
    const runner = this.guarded(connection, unit);
    markTransaction(runner, true);
    return this.writer.createEntityManager(runner);
  }

  private async begin(connection: QueryRunner, unit: OpenUnit): Promise<void> {
    if (this.dialect.serialUnits) unit.leave = await this.queue.enter();
    await this.dialect.begin(connection, attribution(unit));
  }

  /** Commits; a unit that is nothing but its tail shares its transaction with others, unless it says otherwise. */
  private commit(unit: OpenUnit): Promise<void> {
    const { begun, connection, tail } = unit;
    // A statement that nobody awaited may still be waiting for its turn to begin.
    if (begun && connection) return begun.then(() => this.dialect.commit(connection, tail));
    if (tail.length === 0) return Promise.resolve();
    const whole = { entryId: attribution(unit), tail };
    return unit.intent.alone ? this.commitTogether([whole]) : this.shared.commit(whole);
  }

  private commitTogether(units: readonly WholeUnit[]): Promise<void> {
    const commit = () => this.dialect.write(this.writer, units);
    return this.dialect.serialUnits ? this.queue.run(commit) : commit();
  }

  /**
   * The unit's own view of the connection, through which its every statement passes: a doomed or closed unit lets
   * nothing through, not even from a promise that outlives it. (On SQLite all units share one connection.)
   */
  private guarded(connection: QueryRunner, unit: OpenUnit): QueryRunner {
    const query = connection.query.bind(connection) as (...args: unknown[]) => Promise<unknown>;
    const guardedQuery = async (...args: unknown[]): Promise<unknown> => {
      unit.assertUsable();
      try {
        await (unit.begun ??= this.begin(connection, unit));
        unit.assertUsable();
        return await query(...args);
      } catch (error) {
        if (this.dialect.isRetryable(error) || this.dialect.isFatal(error)) unit.doom(error);
        throw error;
      }
    };
    return Object.create(connection, { query: { value: guardedQuery } }) as QueryRunner;
  }

  private assertInTime(unit: OpenUnit): void {
    const elapsedMs = this.clock.now().getTime() - unit.startedAt.getTime();
    if (elapsedMs > this.config.unitTimeoutMs) {
      throw kernelErrors.problem('kernel.unavailable', {
        cause: new Error(`unit ${unit.intent.action} took ${elapsedMs} ms`),
      });
    }
  }

  private async recordRefusal(intent: UnitIntent, error: unknown, uncertain?: string): Promise<void> {
    const outcome = outcomeOf(error);
    if (!outcome || !isRecorded(intent) || error instanceof MissedUpdate) return;
    if (this.context.hasRecorded(error)) return;
    this.context.noteRecorded(error);
    try {
      if (await this.hooks.isUnrecorded()) return;
      await this.ports.get(UnitRecorder).recordRefusal(intent, error, outcome, uncertain);
    } catch (failure) {
      // The caller must learn what went wrong first, not that telling it went wrong too.
      this.logger.error({ err: failure, action: intent.action }, 'a refusal could not be recorded');
    }
  }
}
