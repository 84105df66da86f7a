import type { FastifyInstance } from 'fastify';
import { kernelErrors } from '../errors/kernel.errors.js';

/** Deeper input would overflow the stack of what walks it recursively. */
const MAX_DEPTH = 32;

const LONE_SURROGATE = /\p{Surrogate}/u;
const BROKEN_TEXT =
  'the document holds half of a surrogate pair, which is no character (RFC 7493 section 2.1)';

/**
 * Reads JSON bodies and nothing else; anything but JSON is answered with 415. An empty body counts as none. The bytes
 * stay at `request.rawBody`, for signatures over them.
 */
export function parseJsonOnly(fastify: FastifyInstance): void {
  // The names that these would look for are refused, with others, where the place of each can be told.
  const parse = fastify.getDefaultJsonParser('ignore', 'ignore');
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    if (bytes.length === 0) return done(null, undefined);
    request.rawBody = bytes;
    void parse(request, bytes.toString('utf8'), (error, body: unknown) => {
      if (error) return done(error);
      const fault = faultOf(body, MAX_DEPTH);
      if (fault !== undefined) return done(unfit(fault));
      done(null, body);
    });
  });
}

function unfit(detail: string): Error {
  return kernelErrors.problem('kernel.validation_failed', { errors: [{ pointer: '', detail }] });
}

/**
 * What makes a parsed document unfit to work with, or undefined: nesting deeper than `limit`, text that no database
 * and no encoder takes, and numbers beyond all numbers, which can be neither stored nor hashed as they came (RFC 7493
 * sections 2.1 and 2.2). Walks without recursion.
 */
export function faultOf(value: unknown, limit: number): string | undefined {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth += 1) {
    const next: unknown[] = [];
    for (const item of level) {
      if (typeof item === 'string' && LONE_SURROGATE.test(item)) return BROKEN_TEXT;
      if (typeof item === 'number' && !Number.isFinite(item))
        return 'the document holds a number that is too large';
      if (typeof item !== 'object' || item === null) continue;
      if (depth === limit) return `the document may be nested at most ${limit} levels deep`;
      if (!Array.isArray(item) && Object.keys(item).some((key) => LONE_SURROGATE.test(key)))
        return BROKEN_TEXT;
      for (const child of Object.values(item) as unknown[]) next.push(child);
    }
    level = next;
  }
  return undefined;
}
