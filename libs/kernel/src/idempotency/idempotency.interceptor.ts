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
      return of(await this.keep(attempt, result, reply));
    } catch (error) {
      return this.fail(attempt, error);
    }
  }

  /** Gives the bytes that are kept, so that a replay is the same to the last one. */
  private async keep(attempt: Attempt, result: unknown, reply: FastifyReply): Promise<string | undefined> {
    const body = result === undefined || result === null ? '' : JSON.stringify(result);
    if (attempt.phase !== 'completed') {
      await this.idempotency.finish(attempt, { status: reply.statusCode, body });
    } else if (
      attempt.answer &&
      (attempt.answer.status !== reply.statusCode || attempt.answer.body !== body)
    ) {
      throw new KeptAnswer(attempt.answer.status, attempt.answer.body, false);
    }
    if (body === '') return undefined;
    reply.type('application/json; charset=utf-8');
    return body;
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

function keyOf(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (key === undefined || key === '') throw kernelErrors.problem('kernel.idempotency_key_missing');
  if (typeof key !== 'string' || !KEY.test(key)) throw kernelErrors.problem('kernel.idempotency_key_invalid');
  return key;
}
