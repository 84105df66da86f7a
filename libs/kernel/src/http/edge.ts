import { randomUUID } from 'node:crypto';
import { isIP } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { Ambient } from '../context/ambient.js';
import type { RequestContext, RequestState } from '../context/request-context.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import type { Problem } from '../errors/problem.js';
import { newId } from '../ids/ids.js';
import type { RequestLog } from '../logging/request-log.js';
import type { RequestMetrics } from '../metrics/request-metrics.js';
import type { Drain } from './drain.js';

/** What the edge knows about a request, kept on it for what runs before or after the continuation-local context. */
export interface Edge {
  readonly state: RequestState;
  readonly startedAt: number;
  /** The code of the problem that was answered, for the request log. */
  problemCode?: string;
}

/** A request and the reply to it. */
export interface Exchange {
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

const present = new Ambient<Exchange>();

/** The request that the running code answers; undefined in background work. */
export const currentExchange = (): Exchange | undefined => present.value;

declare module 'fastify' {
  interface FastifyRequest {
    edge: Edge;
    rawBody?: Buffer;
  }
}

const TRACEPARENT = /^[0-9a-f]{2}-([0-9a-f]{32})-[0-9a-f]{16}-[0-9a-f]{2}(-|$)/;
const NO_TRACE = '0'.repeat(32);
const REQUEST_ID = /^[A-Za-z0-9_-]{1,40}$/;
const MAX_USER_AGENT = 255;

/** The trace id of a W3C `traceparent` header (Trace Context level 1), or a new one. */
export function traceIdOf(header: string | string[] | undefined): string {
  const traceId =
    typeof header === 'string' && !header.startsWith('ff') ? TRACEPARENT.exec(header)?.[1] : undefined;
  return traceId === undefined || traceId === NO_TRACE ? randomUUID().replaceAll('-', '') : traceId;
}

/**
 * The address in what a proxy or a socket says: some proxies add the client's port, and an IPv4 client of a server that
 * listens on IPv6 is still the same client. Undefined when it is no address.
 */
export function addressIn(text: string | undefined): string | undefined {
  const bare = text
    ?.trim()
    .replace(/^\[(.+)\](:\d+)?$/, '$1')
    .replace(/^(\d+\.\d+\.\d+\.\d+):\d+$/, '$1')
    .replace(/^::ffff:(?=\d+\.)/i, '');
  return bare !== undefined && isIP(bare) !== 0 ? bare : undefined;
}

/**
 * A new request state. A request id from outside is kept only when a trusted proxy has told who the client is, because
 * entries are linked by it.
 */
export function requestStateOf(request: FastifyRequest): RequestState {
  const { headers, ip, socket } = request;
  const given = ip === socket.remoteAddress ? undefined : headers['x-request-id'];
  const clientAddress = addressIn(ip) ?? addressIn(socket.remoteAddress);
  const userAgent = headers['user-agent'];
  return {
    requestId: typeof given === 'string' && REQUEST_ID.test(given) ? given : newId('req'),
    traceId: traceIdOf(headers['traceparent']),
    ...(clientAddress === undefined ? {} : { clientAddress }),
    ...(userAgent === undefined ? {} : { userAgent: userAgent.slice(0, MAX_USER_AGENT) }),
  };
}

/** The router decodes the path; what it cannot decode in a query it would take as it stands. */
function isUtf8(url: string): boolean {
  try {
    return !url.includes('%') || decodeURIComponent(url) !== '';
  } catch {
    return false;
  }
}

/** How often a request names its host; Node keeps the first, and a proxy in front may have gone by another. */
function hostsIn(rawHeaders: readonly string[]): number {
  let count = 0;
  for (let index = 0; index < rawHeaders.length; index += 2)
    if (rawHeaders[index]?.toLowerCase() === 'host') count += 1;
  return count;
}

/** What nobody behind the edge would refuse, or Node only without a word: every answer of ours is a problem. */
function faultOf({ headers, raw }: FastifyRequest): Problem | undefined {
  const hosts = hostsIn(raw.rawHeaders);
  if (hosts > 1 || (hosts === 0 && raw.httpVersionMinor > 0))
    return kernelErrors.problem('kernel.malformed_request', { detail: 'Send the header Host, once.' });
  if (!isUtf8(raw.url ?? ''))
    return kernelErrors.problem('kernel.malformed_request', {
      detail: 'Send a URL in UTF-8, with each % encoded.',
    });
  const { expect = '100-continue' } = headers;
  if (expect.toLowerCase() !== '100-continue') return kernelErrors.problem('kernel.expectation_failed');
  return undefined;
}

/**
 * Opens the request context at the edge. The state is made when the request arrives, and entered once its body has been
 * read: parsing a body continues in another asynchronous context, so what is entered earlier would be lost there.
 */
export function openEdge(
  fastify: FastifyInstance,
  parts: { context: RequestContext; drain: Drain; log: RequestLog; metrics: RequestMetrics },
): void {
  const { context, drain, log, metrics } = parts;
  fastify.addHook('onRequest', (request, reply, done) => {
    const state = requestStateOf(request);
    request.edge = { state, startedAt: performance.now() };
    reply.header('x-request-id', state.requestId);
    reply.header('x-trace-id', state.traceId);
    reply.header('cache-control', 'no-store');
    done(faultOf(request));
  });
  fastify.addHook('preValidation', (request, reply, done) => {
    present.run({ request, reply }, () => context.run(request.edge.state, done));
  });
  fastify.addHook('onSend', (_request, reply, payload, done) => {
    if (drain.hasBegun) reply.header('connection', 'close');
    done(null, payload);
  });
  fastify.addHook('preClose', () => drain.acceptWaiting());
  fastify.addHook('onResponse', (request, reply, done) => {
    log.write(request, reply);
    metrics.count(request, reply);
    done();
  });
}
