import type { FastifyInstance } from 'fastify';
import { kernelErrors } from '../errors/kernel.errors.js';

/** Deeper input would overflow the stack of what walks it recursively. */
const MAX_DEPTH = 32;

const SURROGATE_ESCAPE = /\\u[dD][89a-fA-F]/;
const LONE_SURROGATE = /\p{Surrogate}/u;

/**
 * Reads JSON bodies and nothing else; anything but JSON is answered with 415. An empty body counts as none. The bytes
 * stay at `request.rawBody`, for signatures over them.
 */
export function parseJsonOnly(fastify: FastifyInstance): void {
  const parse = fastify.getDefaultJsonParser('error', 'error');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    if (bytes.length === 0) return done(null, undefined);
    request.rawBody = bytes;
    const text = bytes.toString('utf8');
    void parse(request, text, (error, body: unknown) => {
      if (error) return done(error);
      if (SURROGATE_ESCAPE.test(text) && hasLoneSurrogate(body)) return done(brokenText());
      if (isDeeperThan(body, MAX_DEPTH)) return done(tooDeep());
      done(null, body);
    });
  });
}

function tooDeep(): Error {
  return kernelErrors.problem('kernel.validation_failed', {
    errors: [{ pointer: '', detail: `the document may be nested at most ${MAX_DEPTH} levels deep` }],
  });
}

function brokenText(): Error {
  return kernelErrors.problem('kernel.validation_failed', {
    errors: [
      {
        pointer: '',
        detail: 'the document holds half of a surrogate pair, which is no character (RFC 7493 section 2.1)',
      },
    ],
  });
}

/** Text that no database and no encoder takes; JSON can write it with escapes only. */
export function hasLoneSurrogate(value: unknown): boolean {
  const waiting: unknown[] = [value];
  for (let item = waiting.pop(); item !== undefined; item = waiting.pop()) {
    if (typeof item === 'string' && LONE_SURROGATE.test(item)) return true;
    if (typeof item === 'object' && item !== null) waiting.push(...Object.entries(item).flat());
  }
  return false;
}

/** Whether `value` nests objects and arrays deeper than `limit`; walks without recursion. */
export function isDeeperThan(value: unknown, limit: number): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item !== 'object' || item === null) continue;
      if (depth === limit) return true;
      for (const child of Array.isArray(item) ? (item as unknown[]) : Object.values(item)) {
        if (typeof child === 'object' && child !== null) next.push(child);
      }
    }
    level = next;
  }
  return false;
}
