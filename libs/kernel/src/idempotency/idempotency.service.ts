import { Injectable, type OnModuleInit } from '@nestjs/common';
import canonicalize from 'canonicalize';
import { RequestContext, type RequestState } from '../context/request-context.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { newId } from '../ids/ids.js';
import { KeyedHash, Ports } from '../ports/ports.js';
import { UnitHooks } from '../unit-of-work/unit-hooks.js';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import type { CommittingUnit, Unit } from '../unit-of-work/unit.js';
import { type Answer, BOOKKEEPING, IdempotencyStore, type NewRecord } from './idempotency-store.js';

/** What tells one request from another. */
export interface IdempotentRequest {
  readonly principalId: string;
  /** Method and path pattern of the route. */
  readonly route: string;
  readonly key: string;
  /** Path parameters, query and body. */
  readonly input: unknown;
}

/** One request with a key, from the look-up to its answer. */
export interface Attempt extends NewRecord {
  /** `pending`: no effect yet. `running`: effects are committed. `completed`: so is the answer. */
  phase: 'pending' | 'running' | 'completed';
  /** How often a unit has tried to write the record. */
  tries: number;
  /** The answer that a unit gave; it counts once that unit commits. */
  answer?: Answer & { readonly unitId: string };
  /** The answer that is committed, once the attempt is completed. */
  kept?: Answer;
}

const DONE = Promise.resolve();

/**
 * Gives a request with an idempotency key one effect across retries, duplicates and crashes. The record is written in
 * the transaction of the request's first recorded unit, so there is never an effect without it.
 */
@Injectable()
export class Idempotency implements OnModuleInit {
  private readonly attempts = new WeakMap<RequestState, Attempt>();

  constructor(
    private readonly store: IdempotencyStore,
    private readonly units: UnitOfWork,
    private readonly hooks: UnitHooks,
    private readonly ports: Ports,
    private readonly context: RequestContext,
  ) {}

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
    const owner = await this.store.ownerOf(recordId);
    if (!owner) return;
    await this.units.run(BOOKKEEPING, async (unit) => {
      this.store.insertAnswer(unit, owner, { status, body: serialise(body) });
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
    await this.store.prepare(attempt.principalId);
    const state = this.context.get();
    if (state) this.attempts.set(state, attempt);
    return attempt;
  }

  /**
   * Returns when no earlier request had the same key. Else throws its kept answer, `kernel.idempotency_key_reused`
   * (422) when it asked for something else, or `kernel.idempotency_in_progress` (409) while it still runs.
   */
  async answerIfKnown(attempt: Attempt): Promise<void> {
    const found = await this.store.findOther(attempt);
    if (!found) return;
    if (!attempt.fingerprints.includes(found.fingerprint))
      throw kernelErrors.problem('kernel.idempotency_key_reused');
    if (found.answerId === null) throw kernelErrors.problem('kernel.idempotency_in_progress');
    throw await this.store.answerOf(found.id);
  }

  /** Keeps in a unit of its own what is answered with `body`, and gives it. */
  async finish(attempt: Attempt, status: number, body: string): Promise<Answer> {
    const answer = { status, body };
    await this.store.prepare(attempt.principalId);
    await this.units.run(BOOKKEEPING, async (unit) => {
      if (attempt.phase === 'pending') await this.insert(unit, attempt, answer);
      else this.appendAnswer(unit, attempt, answer);
    });
    return answer;
  }

  private get attempt(): Attempt | undefined {
    const state = this.context.get();
    return state && this.attempts.get(state);
  }

  private beforeCommit(unit: CommittingUnit): Promise<void> {
    const { attempt } = this;
    if (attempt?.phase !== 'pending') return DONE;
    return this.insert(unit, attempt, attempt.answer?.unitId === unit.id ? attempt.answer : undefined);
  }

  private insert(unit: Unit, attempt: Attempt, answer?: Answer): Promise<void> {
    unit.onCommitted(() => {
      attempt.phase = 'running';
      if (answer) complete(attempt, answer);
    });
    if (answer) this.store.insertAnswer(unit, attempt, answer);
    attempt.tries += 1;
    return this.store.insert(unit, attempt, attempt.tries > 1);
  }

  private appendAnswer(unit: Unit, attempt: Attempt, answer: Answer): void {
    this.store.insertAnswer(unit, attempt, answer);
    unit.onCommitted(() => complete(attempt, answer));
  }

  private async isRepeated(): Promise<boolean> {
    const { attempt } = this;
    return attempt?.phase === 'pending' && (await this.store.findOther(attempt)) !== undefined;
  }
}

function complete(attempt: Attempt, answer: Answer): void {
  attempt.phase = 'completed';
  attempt.kept = answer;
}

/** The body of an answer; empty for none. */
export const serialise = (body: unknown): string =>
  body === undefined || body === null ? '' : JSON.stringify(body);
