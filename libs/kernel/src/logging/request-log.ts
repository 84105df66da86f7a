import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { RootLogger } from './root-logger.js';

/** One line per request: what was asked and how it ended. Never bodies, query strings, raw paths or addresses. */
@Injectable()
export class RequestLog {
  constructor(private readonly logger: RootLogger) {}

  write(request: FastifyRequest, reply: FastifyReply): void {
    const { requests } = this.logger;
    if (!requests.isLevelEnabled('info')) return;
    // A CORS preflight is answered before the edge opens.
    const { state, startedAt, problemCode } = request.edge ?? {};
    requests.info(
      {
        requestId: state?.requestId,
        traceId: state?.traceId,
        method: request.method,
        operation: state?.operation ?? request.routeOptions.url,
        status: reply.statusCode,
        code: problemCode,
        durationMs:
          startedAt === undefined ? undefined : Math.round((performance.now() - startedAt) * 10) / 10,
      },
      'request',
    );
  }
}
