import { type CallHandler, type ExecutionContext, Injectable, type NestInterceptor } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { lastValueFrom, of, type Observable } from 'rxjs';
import { RequestContext } from '../context/request-context.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { problemDocument } from '../http/problem-document.js';
import { toProblem } from '../http/to-problem.js';
import { type Attempt, Idempotency } from './idempotency.service.js';
import { KeptAnswer } from './kept-answer.js';

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Wraps a route with `@Idempotent()`: replays what is known, and keeps what becomes known. */
@Injectable()
export class IdempotencyInterceptor implements NestInterceptor {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly context: RequestContext,
  ) {}

  async intercept(execution: ExecutionContext, next: CallHandler): Promise<Observable<unknown>> {
    const request = execution.switchToHttp().getRequest<FastifyRequest>();
    const reply = execution.switchToHttp().getResponse<FastifyReply>();
    const attempt = await this.idempotency.begin({
      principalId: this.context.principal.id,
      route: `${request.method} ${request.routeOptions.url ?? ''}`,
      key: keyOf(request),
      input: { params: request.params ?? null, query: request.query ?? null, body: request.body ?? null },
    });
    try {
      const result: unknown = await lastValueFrom(next.handle(), { defaultValue: undefined });
      const body = result === undefined || result === null ? '' : JSON.stringify(result);
      const answer = { status: reply.statusCode, body };
      if (attempt.phase === 'completed') assertKept(answer, attempt);
      else await this.idempotency.finish(attempt, answer);
      if (body === '') return of(undefined);
      // The bytes that are kept, so that a replay is the same to the last one.
      reply.type('application/json; charset=utf-8');
      return of(body);
    } catch (error) {
      return this.fail(attempt, error);
    }
  }

  private async fail(attempt: Attempt, error: unknown): Promise<never> {
    if (error instanceof KeptAnswer) throw error;
    if (attempt.phase === 'pending') {
      // Nothing was done here; if that is because a duplicate was faster, its answer is the answer.
      await this.idempotency.answerIfKnown(attempt);
      throw error;
    }
    const problem = toProblem(error);
    if (attempt.phase === 'running' && problem.status < 500) {
      const body = JSON.stringify(problemDocument(problem, this.context.get()?.traceId ?? ''));
      await this.idempotency.finish(attempt, { status: problem.status, body });
    }
    // A failure after the first effect leaves the record running: what happened is for a resolver to find out.
    throw error;
  }
}

/** Throws what was kept when it is something else than what the route now answers: the client gets what a replay would. */
function assertKept({ status, body }: { status: number; body: string }, { answer: kept }: Attempt): void {
  if (kept && (kept.status !== status || kept.body !== body)) {
    throw new KeptAnswer(kept.status, kept.body, false);
  }
}

function keyOf(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (key === undefined || key === '') throw kernelErrors.problem('kernel.idempotency_key_missing');
  if (typeof key !== 'string' || !KEY.test(key)) throw kernelErrors.problem('kernel.idempotency_key_invalid');
  return key;
}
