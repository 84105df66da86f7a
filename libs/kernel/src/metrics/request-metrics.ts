import { Injectable } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { Counter, Histogram } from 'prom-client';
import { Metrics } from './metrics.js';

const BUCKETS_S = [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10];
/** What has no route, such as a path that nobody declared. */
const NOWHERE = 'none';

/** Counts requests by method, route and status, and problems by their codes: also those that leave no entry. */
@Injectable()
export class RequestMetrics {
  private readonly instruments: Instruments | undefined;

  constructor(metrics: Metrics) {
    this.instruments = metrics.instruments((registry) => ({
      requests: new Counter({
        name: 'steward_http_requests_total',
        help: 'Requests that were answered.',
        labelNames: ['method', 'route', 'status'],
        registers: [registry],
      }),
      seconds: new Histogram({
        name: 'steward_http_request_duration_seconds',
        help: 'How long it took to answer.',
        labelNames: ['method', 'route'],
        buckets: BUCKETS_S,
        registers: [registry],
      }),
      problems: new Counter({
        name: 'steward_http_problems_total',
        help: 'Requests that were answered with a problem, by its code.',
        labelNames: ['code'],
        registers: [registry],
      }),
    }));
  }

  /** A request was answered. */
  count(request: FastifyRequest, reply: FastifyReply): void {
    if (!this.instruments) return;
    const { requests, seconds, problems } = this.instruments;
    const { method } = request;
    // Never the path itself: it has ids, and there is no end to them.
    const route = request.routeOptions.url ?? NOWHERE;
    requests.inc({ method, route, status: reply.statusCode });
    // A CORS preflight is answered before the edge opens.
    const { startedAt, problemCode } = request.edge ?? {};
    if (startedAt !== undefined) seconds.observe({ method, route }, (performance.now() - startedAt) / 1000);
    if (problemCode !== undefined) problems.inc({ code: problemCode });
  }
}

interface Instruments {
  readonly requests: Counter;
  readonly seconds: Histogram;
  readonly problems: Counter;
}
