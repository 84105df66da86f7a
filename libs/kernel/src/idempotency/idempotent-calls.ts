import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { RequestContext } from '../context/request-context.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import type { Exchange } from '../http/edge.js';
import { problemDocument } from '../http/problem-document.js';
import { toProblem } from '../http/to-problem.js';
import { type Attempt, Idempotency, serialise } from './idempotency.service.js';
import { KeptAnswer } from './kept-answer.js';

const KEY = /^[\x21-\x7e]{1,255}$/;

/** Calls the method of a route with `@Idempotent()`: replays what is known, and keeps what becomes known. */
@Injectable()
export class IdempotentCalls {
  constructor(
    private readonly idempotency: Idempotency,
    private readonly context: RequestContext,
  ) {}

  /**
   * Gives what the method does, as the text that is kept: a replay is the same to the last byte. A method that another
   * one calls, such as the one that overrides it, is part of that call.
   */
  async run(call: () => Promise<unknown>, { request, reply }: Exchange): Promise<unknown> {
    if (this.idempotency.recordId !== undefined) return call();
    const attempt = await this.idempotency.begin({
      principalId: this.context.principal.id,
      route: `${request.method} ${request.routeOptions.url ?? ''}`,
      key: keyOf(request),
      input: { params: request.params ?? null, query: request.query ?? null, body: request.body ?? null },
    });
    try {
      const result = await call();
      const { status, body } =
        attempt.kept ?? (await this.idempotency.finish(attempt, reply.statusCode, serialise(result)));
      if (status !== reply.statusCode) throw new KeptAnswer(status, body, false);
      if (body === '') return undefined;
      reply.type('application/json; charset=utf-8');
      return body;
    } catch (error) {
      throw await this.told(attempt, error);
    }
  }

  /** What the client is told of an error; a refusal after the first effect is kept as the answer. */
  private async told(attempt: Attempt, error: unknown): Promise<unknown> {
    if (error instanceof KeptAnswer) return error;
    if (attempt.phase === 'pending') {
      // Nothing was done here; if that is because a duplicate was faster, its answer is the answer.
      await this.idempotency.answerIfKnown(attempt);
      return error;
    }
    const problem = toProblem(error);
    if (attempt.phase === 'running' && problem.status < 500) {
      const body = JSON.stringify(problemDocument(problem, this.context.get()?.traceId ?? ''));
      await this.idempotency.finish(attempt, problem.status, body);
    }
    // A failure after the first effect leaves the record running: what happened is for a resolver to find out.
    return error;
  }
}

function keyOf(request: FastifyRequest): string {
  const key = request.headers['idempotency-key'];
  if (key === undefined || key === '') throw kernelErrors.problem('kernel.idempotency_key_missing');
  if (typeof key !== 'string' || !KEY.test(key)) throw kernelErrors.problem('kernel.idempotency_key_invalid');
  return key;
}
