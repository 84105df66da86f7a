import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { kernelErrors } from '../errors/kernel.errors.js';

/** Deeper input would overflow the stack of what walks it recursively. */
const MAX_DEPTH = 32;

const LONE_SURROGATE = /\p{Surrogate}/u;
const BROKEN_TEXT =
  'the document holds half of a surrogate pair, which is no character (RFC 7493 section 2.1)';

const CHARSET = /;\s*charset\s*=\s*"?([^\s;"]*)/i;
const utf8 = new TextDecoder('utf-8', { fatal: true });

/**
 * Reads JSON bodies and nothing else; anything but JSON in UTF-8 is answered with 415. An empty body counts as none. The
 * bytes stay at `request.rawBody`, for signatures over them.
 */
export function parseJsonOnly(fastify: FastifyInstance): void {
  fastify.removeAllContentTypeParsers();
  fastify.addContentTypeParser<Buffer>('application/json', { parseAs: 'buffer' }, (request, bytes, done) => {
    if (bytes.length === 0) return done(null, undefined);
    request.rawBody = bytes;
    let body: unknown;
    try {
      requireUtf8(request.headers);
      body = documentIn(bytes);
    } catch (error) {
      return done(error as Error);
    }
    done(null, body);
  });
}

function requireUtf8({
  'content-encoding': coding = 'identity',
  'content-type': type = '',
}: IncomingHttpHeaders) {
  if (coding.toLowerCase() !== 'identity')
    throw kernelErrors.problem('kernel.unsupported_media_type', {
      detail: 'Send the body as it is, without the header Content-Encoding.',
      headers: { 'accept-encoding': 'identity' },
    });
  if (!/^utf-?8$/i.test(CHARSET.exec(type)?.[1] ?? 'utf-8'))
    throw kernelErrors.problem('kernel.unsupported_media_type', { detail: 'Send JSON in UTF-8.' });
}

function documentIn(bytes: Buffer): unknown {
  let document: unknown;
  try {
    document = JSON.parse(utf8.decode(bytes));
  } catch (cause) {
    throw kernelErrors.problem('kernel.malformed_request', { detail: 'Send valid JSON in UTF-8.', cause });
  }
  const fault = faultOf(document, MAX_DEPTH);
  if (fault !== undefined) throw unfit(fault);
  return document;
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
