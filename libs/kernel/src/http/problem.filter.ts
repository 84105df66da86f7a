import { type ArgumentsHost, Catch, type ExceptionFilter, Logger } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { newRequestState, RequestContext } from '../context/request-context.js';
import { Database } from '../database/database.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import type { Problem } from '../errors/problem.js';
import { KeptAnswer } from '../idempotency/kept-answer.js';
import { Ports, UnitRecorder } from '../ports/ports.js';
import { PROBLEM_TYPE, problemDocument } from './problem-document.js';
import { toProblem } from './to-problem.js';

/** The one place where errors become answers: `application/problem+json` (RFC 9457), nothing internal in it. */
@Catch()
export class ProblemFilter implements ExceptionFilter {
  private readonly logger = new Logger('Http');

  constructor(
    private readonly ports: Ports,
    private readonly context: RequestContext,
    private readonly database: Database,
  ) {}

  catch(exception: unknown, host: ArgumentsHost): Promise<void> {
    const request = host.switchToHttp().getRequest<FastifyRequest>();
    const reply = host.switchToHttp().getResponse<FastifyReply>();
    // What fails before the body has been read fails outside the context.
    request.edge ??= { state: newRequestState(), startedAt: performance.now() };
    return this.context.run(request.edge.state, () => this.answer(exception, request, reply));
  }

  private async answer(exception: unknown, request: FastifyRequest, reply: FastifyReply): Promise<void> {
    if (exception instanceof KeptAnswer) return exception.send(reply);
    const problem = this.problemOf(exception);
    request.edge.problemCode = problem.code;
    // A failure of the catalogue that has no cause is what was to be done; the request log tells its code.
    if (problem.status >= 500 && problem.cause !== undefined)
      this.logger.error({ err: exception, code: problem.code }, 'request failed');
    await this.putOnRecord(problem, exception, request);
    if (reply.sent || reply.raw.headersSent) {
      reply.raw.destroy();
      return;
    }
    const { traceId } = request.edge.state;
    if (problem.status === 401) reply.header('www-authenticate', 'Bearer realm="steward"');
    reply.removeHeader('content-length');
    reply
      // What the route says of its answers, such as that they never change, is not said of a problem.
      .headers({ 'cache-control': 'no-store', ...problem.headers })
      .status(problem.status)
      .type(PROBLEM_TYPE)
      .send(JSON.stringify(problemDocument(problem, traceId)));
  }

  /** An outage of the database passes; a defect does not. */
  private problemOf(exception: unknown): Problem {
    const problem = toProblem(exception);
    const isOutage = problem.code === 'kernel.internal' && this.database.dialect.isFatal(exception);
    return isOutage ? kernelErrors.problem('kernel.unavailable', { cause: exception }) : problem;
  }

  /** Tells the record what no unit has told it. Never fails: the client gets its answer either way. */
  private async putOnRecord(problem: Problem, exception: unknown, request: FastifyRequest): Promise<void> {
    const told = tellingOf(problem);
    if (!told || this.context.hasRecorded(exception)) return;
    this.context.noteRecorded(exception);
    const { operation } = request.edge.state;
    const resource = operation ? { resource: { type: 'operation', id: operation } } : {};
    try {
      await this.ports
        .get(UnitRecorder)
        .recordRefusal({ action: told.action, ...resource }, problem, told.outcome);
    } catch (error) {
      this.logger.error({ err: error, code: problem.code }, 'a refusal could not be recorded');
    }
  }
}

const COUNTED_ONLY = [400, 404, 422, 429];

interface Telling {
  readonly action: string;
  readonly outcome: 'refused' | 'failed';
}

const REFUSED: Telling = { action: 'request.refuse', outcome: 'refused' };
const FAILED: Telling = { action: 'request.fail', outcome: 'failed' };

/**
 * Denied access, business conflicts and defects are entries; mistakes in form, unknown paths and rates only count. An
 * outage of the database (503) cannot be written down anywhere but in the log.
 */
function tellingOf({ code, status }: Problem): Telling | undefined {
  if (status === 401 || status === 403) return REFUSED;
  if (status === 500) return FAILED;
  return status < 500 && !code.startsWith('kernel.') && !COUNTED_ONLY.includes(status) ? REFUSED : undefined;
}
