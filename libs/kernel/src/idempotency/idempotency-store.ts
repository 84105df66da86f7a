import { Injectable, Logger } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Recurring } from '../background/recurring.js';
import { Database } from '../database/database.js';
import type { Frame } from '../database/dialects/dialect.js';
import { InjectRepository } from '../database/repositories.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { Ports, ValueSealer } from '../ports/ports.js';
import { Clock } from '../time/clock.js';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import type { Unit } from '../unit-of-work/unit.js';
import { IdempotencyAnswer } from './idempotency-answer.entity.js';
import { IdempotencyRecord } from './idempotency-record.entity.js';
import { KeptAnswer } from './kept-answer.js';

/** What a request was answered. */
export interface Answer {
  readonly status: number;
  readonly body: string;
}

/** Whose request a record is. */
export interface RecordOwner {
  readonly recordId: string;
  readonly principalId: string;
}

/** What is written of a request with a key. */
export interface NewRecord extends RecordOwner {
  /** Under every known key, the current one first: a key must not lose its record while the hash keys turn. */
  readonly scopes: readonly string[];
  readonly fingerprints: readonly string[];
}

export interface FoundRecord {
  readonly id: string;
  readonly fingerprint: string;
  readonly answerId: string | null;
}

const HOUR_MS = 3_600_000;
const KEEP_MS = 24 * HOUR_MS;
const BATCH = 1000;
const DONE = Promise.resolve();

/** The unit of what is only about records and answers. */
export const BOOKKEEPING = { action: 'idempotency.keep', recorded: false } as const;
export const REPLAY_PURPOSE = 'kernel.idempotent_replay';

const INSERT_RECORD = {
  before:
    'INSERT INTO idempotency_record (id, principal_id, scope, fingerprint, created_at, expires_at) VALUES',
};

/** The rows of requests with a key, and of what they were answered. */
@Injectable()
export class IdempotencyStore {
  private readonly logger = new Logger('Idempotency');
  private readonly insertAnswerFrame: Frame;

  constructor(
    private readonly database: Database,
    @InjectRepository(IdempotencyRecord) private readonly records: Repository<IdempotencyRecord>,
    @InjectRepository(IdempotencyAnswer) private readonly answers: Repository<IdempotencyAnswer>,
    private readonly units: UnitOfWork,
    private readonly ports: Ports,
    private readonly clock: Clock,
  ) {
    this.insertAnswerFrame = {
      before: 'INSERT INTO idempotency_answer (id, principal_id, status, body) VALUES',
      after: `${database.dialect.onConflict(['id'])} id = idempotency_answer.id`,
    };
  }

  /** The record of another request with the same key. */
  async findOther({ recordId, scopes }: NewRecord): Promise<FoundRecord | undefined> {
    const [found] = await this.database.lookUp<FoundRecord>(
      `SELECT r.id, r.fingerprint, a.id AS answerId FROM idempotency_record r
       LEFT JOIN idempotency_answer a ON a.id = r.id WHERE r.scope IN (${marks(scopes)})`,
      scopes,
    );
    return found?.id === recordId ? undefined : found;
  }

  async ownerOf(recordId: string): Promise<RecordOwner | undefined> {
    const record = await this.records.findOneBy({ id: recordId });
    return record ? { recordId, principalId: record.principalId } : undefined;
  }

  /** Writes a record with the unit; at once when the unit is retried. */
  insert(unit: Unit, record: NewRecord, isRetry: boolean): Promise<void> {
    const parameters = [
      record.recordId,
      record.principalId,
      record.scopes[0],
      record.fingerprints[0],
      unit.startedAt,
      new Date(unit.startedAt.getTime() + KEEP_MS),
    ];
    if (isRetry) return this.insertAtOnce(parameters);
    unit.appendShared(INSERT_RECORD, parameters);
    return DONE;
  }

  /** Has the key at hand with which {@link insertAnswer} seals; to be called outside of units. */
  prepare(principalId: string): Promise<void> {
    return this.sealer.prepare(principalId, 'account');
  }

  /** A resolver that took a request for dead may have answered for it, and a replay may have told so: the first answer stays. */
  insertAnswer(unit: Unit, { recordId: id, principalId }: RecordOwner, { status, body }: Answer): void {
    const row: IdempotencyAnswer = Object.assign(new IdempotencyAnswer(), {
      id,
      principalId,
      status,
      body: null,
    });
    try {
      this.sealer.seal(row, { body });
    } catch (error) {
      // The person may have been erased by this very request. What was done stays done; only the replay is lost.
      this.logger.warn({ err: error, recordId: id }, 'an answer could not be kept');
    }
    unit.appendShared(this.insertAnswerFrame, [id, principalId, status, row.body?.bytes ?? null]);
  }

  /** The answer to tell again, or the error that tells that it can no longer be read. */
  async answerOf(id: string): Promise<KeptAnswer | Error> {
    const answer = await this.answers.findOneBy({ id });
    if (answer) {
      const { body } = await this.sealer.reveal(answer, ['body'], REPLAY_PURPOSE);
      if (typeof body === 'string') return new KeptAnswer(Number(answer.status), body, true);
    }
    this.logger.warn({ recordId: id }, 'a kept answer can no longer be read');
    return kernelErrors.problem('kernel.conflict');
  }

  @Recurring({ name: 'kernel.idempotency_cleanup', everyMs: HOUR_MS / 6 })
  async removeExpired(): Promise<boolean> {
    const expired = await this.database.query<{ id: string }>(
      `SELECT id FROM idempotency_record WHERE expires_at <= ? LIMIT ${BATCH}`,
      [this.clock.now()],
    );
    if (expired.length > 0) await this.remove(expired.map(({ id }) => id));
    return expired.length === BATCH;
  }

  /** If this has to wait for the key, another request holds it: tell the client to come back. */
  private async insertAtOnce(parameters: readonly unknown[]): Promise<void> {
    try {
      await this.database.query(`${INSERT_RECORD.before} (${marks(parameters)})`, parameters);
    } catch (error) {
      throw this.database.dialect.isRetryable(error)
        ? kernelErrors.problem('kernel.idempotency_in_progress', { cause: error })
        : error;
    }
  }

  private async remove(ids: readonly string[]): Promise<void> {
    await this.units.run(BOOKKEEPING, async () => {
      await this.database.query(`DELETE FROM idempotency_record WHERE id IN (${marks(ids)})`, ids);
      await this.database.query(`DELETE FROM idempotency_answer WHERE id IN (${marks(ids)})`, ids);
    });
  }

  private get sealer(): ValueSealer {
    return this.ports.get(ValueSealer);
  }
}

const marks = (values: readonly unknown[]): string => values.map(() => '?').join(', ');
