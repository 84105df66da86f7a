import { Injectable, Logger, type OnModuleInit } from '@nestjs/common';
import canonicalize from 'canonicalize';
import { Recurring } from '../background/recurring.js';
import { RequestContext, type RequestState } from '../context/request-context.js';
import { Database } from '../database/database.js';
import type { Frame } from '../database/dialects/dialect.js';
import { InjectRepository } from '../database/repositories.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { newId } from '../ids/ids.js';
import { KeyedHash, Ports, ValueSealer } from '../ports/ports.js';
import { Clock } from '../time/clock.js';
import { UnitHooks } from '../unit-of-work/unit-hooks.js';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import type { CommittingUnit, Unit } from '../unit-of-work/unit.js';
import type { Repository } from 'typeorm';
import { IdempotencyAnswer } from './idempotency-answer.entity.js';
import { IdempotencyRecord } from './idempotency-record.entity.js';
import { KeptAnswer } from './kept-answer.js';

/** What tells one request from another. */
export interface IdempotentRequest {
  readonly principalId: string;
  /** Method and path pattern of the route. */
  readonly route: string;
  readonly key: string;
  /** Path parameters, query and body. */
  readonly input: unknown;
}

interface Answer {
  readonly status: number;
  readonly body: string;
}

/** One request with a key, from the look-up to its answer. */
export interface Attempt {
  readonly recordId: string;
  readonly principalId: string;
  /** Under every known key, the current one first: a key must not lose its record while the hash keys turn. */
  readonly scopes: readonly string[];
  readonly fingerprints: readonly string[];
  /** `pending`: no effect yet. `running`: effects are committed. `completed`: so is the answer. */
  phase: 'pending' | 'running' | 'completed';
  /** How often a unit has tried to write the record. */
  tries: number;
  /** The answer that a unit gave; it counts once that unit commits. */
  answer?: Answer & { readonly unitId: string };
  /** The answer that is committed, once the attempt is completed. */
  kept?: Answer;
}

interface FoundRecord {
  readonly id: string;
  readonly fingerprint: string;
  readonly answerId: string | null;
}

const HOUR_MS = 3_600_000;
const KEEP_MS = 24 * HOUR_MS;
const BATCH = 1000;
const DONE = Promise.resolve();
const BOOKKEEPING = { action: 'idempotency.keep', recorded: false } as const;

const INSERT_RECORD = {
  before:
    'INSERT INTO idempotency_record (id, principal_id, scope, fingerprint, created_at, expires_at) VALUES',
};

export const REPLAY_PURPOSE = 'kernel.idempotent_replay';

/**
 * Gives a request with an idempotency key one effect across retries, duplicates and crashes. The record is written in
 * the transaction of the request's first recorded unit, so there is never an effect without it.
 */
@Injectable()
export class Idempotency implements OnModuleInit {
  private readonly logger = new Logger('Idempotency');
  private readonly attempts = new WeakMap<RequestState, Attempt>();
  private readonly insertAnswerFrame: Frame;

  constructor(
    private readonly database: Database,
    @InjectRepository(IdempotencyRecord) private readonly records: Repository<IdempotencyRecord>,
    @InjectRepository(IdempotencyAnswer) private readonly answers: Repository<IdempotencyAnswer>,
    private readonly units: UnitOfWork,
    private readonly hooks: UnitHooks,
    private readonly ports: Ports,
    private readonly context: RequestContext,
    private readonly clock: Clock,
  ) {
    this.insertAnswerFrame = {
      before: 'INSERT INTO idempotency_answer (id, principal_id, status, body) VALUES',
      after: `${database.dialect.onConflict(['id'])} id = idempotency_answer.id`,
    };
  }

  onModuleInit(): void {
    this.hooks.beforeCommit((unit) => this.beforeCommit(unit));
    // A repeated request is told what the first one was told; that it cannot be done again is no failure to record.
    this.hooks.unrecordedWhen(() => this.isRepeated());
  }

  /** The id of the present request's record, for a resolver that has to finish what a crash left. */
  get recordId(): string | undefined {
    return this.attempt?.recordId;
  }

  /**
   * Writes the record of the present request in the open unit, which is itself not recorded: for a unit that commits what
   * is to be done before somebody outside hears of it. Recorded units do this by themselves.
   */
  hold(): Promise<void> {
    const { attempt } = this;
    const unit = this.units.current;
    return unit && attempt?.phase === 'pending' ? this.insert(unit, attempt) : DONE;
  }

  /**
   * Keeps the answer of the present request inside the open unit, so that effect and answer are committed together.
   * Call it in the last unit of a use case with exactly what the route answers. Does nothing in a request without a key.
   */
  async complete(status: number, body: unknown): Promise<void> {
    const attempt = this.attempt;
    if (!attempt || attempt.phase === 'completed') return;
    const text = serialise(body);
    const unit = this.units.current;
    if (!unit) {
      await this.finish(attempt, status, text);
      return;
    }
    attempt.answer = { status, body: text, unitId: unit.id };
    // In the first unit the hook that writes the record writes the answer with it.
    if (attempt.phase === 'running') this.appendAnswer(unit, attempt, attempt.answer);
  }

  /** Keeps the answer of an earlier request, by the id that {@link recordId} gave then; for resolvers, inside a unit. */
  async completeRecord(recordId: string, status: number, body: unknown): Promise<void> {
    const record = await this.records.findOneBy({ id: recordId });
    if (!record) return;
    const { principalId } = record;
    await this.units.run(BOOKKEEPING, async (unit) => {
      this.insertAnswer(unit, { recordId, principalId }, { status, body: serialise(body) });
    });
  }

  /**
   * Starts a request with a key, in the hope that it is the first one: of two with one key only one can write the
   * record, so looking for it first would cost every request what only a repeated one needs.
   */
  async begin(request: IdempotentRequest): Promise<Attempt> {
    const hash = this.ports.get(KeyedHash);
    const digests = (data: string) =>
      hash.hmacs('idempotency', data).map((each) => each.toString('base64url'));
    const attempt: Attempt = {
      recordId: newId('idm'),
      principalId: request.principalId,
      scopes: digests(`${request.principalId}\n${request.route}\n${request.key}`),
      fingerprints: digests(canonicalize(request.input) ?? ''),
      phase: 'pending',
      tries: 0,
    };
    // While the hash keys turn, an earlier record may lie under another scope, where it is in nobody's way.
    if (attempt.scopes.length > 1) await this.answerIfKnown(attempt);
    await this.sealer.prepare(attempt.principalId, 'account');
    const state = this.context.get();
    if (state) this.attempts.set(state, attempt);
    return attempt;
  }

  /**
   * Returns when no earlier request had the same key. Else throws its kept answer, `kernel.idempotency_key_reused`
   * (422) when it asked for something else, or `kernel.idempotency_in_progress` (409) while it still runs.
   */
  async answerIfKnown(attempt: Attempt): Promise<void> {
    const found = await this.find(attempt);
    if (!found) return;
    if (!attempt.fingerprints.includes(found.fingerprint))
      throw kernelErrors.problem('kernel.idempotency_key_reused');
    if (found.answerId === null) throw kernelErrors.problem('kernel.idempotency_in_progress');
    throw await this.keptAnswer(found.id);
  }

  /** Keeps in a unit of its own what is answered with `body`, and gives it. */
  async finish(attempt: Attempt, status: number, body: string): Promise<Answer> {
    const answer = { status, body };
    await this.sealer.prepare(attempt.principalId, 'account');
    await this.units.run(BOOKKEEPING, async (unit) => {
      if (attempt.phase === 'pending') await this.insert(unit, attempt, answer);
      else this.appendAnswer(unit, attempt, answer);
    });
    return answer;
  }

  @Recurring({ name: 'kernel.idempotency_cleanup', everyMs: HOUR_MS / 6 })
  async removeExpired(): Promise<boolean> {
    const expired = await this.database.query<{ id: string }>(
      `SELECT id FROM idempotency_record WHERE expires_at <= ? LIMIT ${BATCH}`,
      [this.clock.now()],
    );
    await this.remove(expired.map(({ id }) => id));
    return expired.length === BATCH;
  }

  private get attempt(): Attempt | undefined {
    const state = this.context.get();
    return state && this.attempts.get(state);
  }

  private get sealer(): ValueSealer {
    return this.ports.get(ValueSealer);
  }

  private async find(attempt: Attempt): Promise<FoundRecord | undefined> {
    const [found] = await this.database.lookUp<FoundRecord>(
      `SELECT r.id, r.fingerprint, a.id AS answerId FROM idempotency_record r
       LEFT JOIN idempotency_answer a ON a.id = r.id WHERE r.scope IN (${marks(attempt.scopes)})`,
      attempt.scopes,
    );
    return found?.id === attempt.recordId ? undefined : found;
  }

  private beforeCommit(unit: CommittingUnit): Promise<void> {
    const { attempt } = this;
    if (attempt?.phase !== 'pending') return DONE;
    return this.insert(unit, attempt, attempt.answer?.unitId === unit.id ? attempt.answer : undefined);
  }

  private insert(unit: Unit, attempt: Attempt, answer?: Answer): Promise<void> {
    const parameters = [
      attempt.recordId,
      attempt.principalId,
      attempt.scopes[0],
      attempt.fingerprints[0],
      unit.startedAt,
      new Date(unit.startedAt.getTime() + KEEP_MS),
    ];
    unit.onCommitted(() => {
      attempt.phase = 'running';
      if (answer) complete(attempt, answer);
    });
    if (answer) this.insertAnswer(unit, attempt, answer);
    attempt.tries += 1;
    if (attempt.tries === 1) {
      unit.appendShared(INSERT_RECORD, parameters);
      return DONE;
    }
    return this.insertAtOnce(parameters);
  }

  /** For a unit that is retried. If it now waits for the key itself, another request holds it: tell the client to come back. */
  private async insertAtOnce(parameters: readonly unknown[]): Promise<void> {
    try {
      await this.database.query(`${INSERT_RECORD.before} (${marks(parameters)})`, parameters);
    } catch (error) {
      throw this.database.dialect.isRetryable(error)
        ? kernelErrors.problem('kernel.idempotency_in_progress', { cause: error })
        : error;
    }
  }

  private appendAnswer(unit: Unit, attempt: Attempt, answer: Answer): void {
    this.insertAnswer(unit, attempt, answer);
    unit.onCommitted(() => complete(attempt, answer));
  }

  /** A resolver that took a request for dead may have answered for it, and a replay may have told so: the first answer stays. */
  private insertAnswer(
    unit: Unit,
    { recordId: id, principalId }: Pick<Attempt, 'recordId' | 'principalId'>,
    { status, body }: Answer,
  ): void {
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

  private async keptAnswer(id: string): Promise<KeptAnswer | Error> {
    const answer = await this.answers.findOneBy({ id });
    if (answer) {
      const { body } = await this.sealer.reveal(answer, ['body'], REPLAY_PURPOSE);
      if (typeof body === 'string') return new KeptAnswer(Number(answer.status), body, true);
    }
    this.logger.warn({ recordId: id }, 'a kept answer can no longer be read');
    return kernelErrors.problem('kernel.conflict');
  }

  private async remove(ids: readonly string[]): Promise<void> {
    if (ids.length === 0) return;
    await this.units.run(BOOKKEEPING, async () => {
      await this.database.query(`DELETE FROM idempotency_record WHERE id IN (${marks(ids)})`, ids);
      await this.database.query(`DELETE FROM idempotency_answer WHERE id IN (${marks(ids)})`, ids);
    });
  }

  private async isRepeated(): Promise<boolean> {
    const { attempt } = this;
    return attempt?.phase === 'pending' && (await this.find(attempt)) !== undefined;
  }
}

const marks = (values: readonly unknown[]): string => values.map(() => '?').join(', ');

function complete(attempt: Attempt, answer: Answer): void {
  attempt.phase = 'completed';
  attempt.kept = answer;
}

/** The body of an answer; empty for none. */
export const serialise = (body: unknown): string =>
  body === undefined || body === null ? '' : JSON.stringify(body);
