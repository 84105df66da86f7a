import { createHash } from 'node:crypto';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';

const compress = promisify(gzip);

/** How an answer may be kept by whoever got it. */
export interface Caching {
  readonly type: string;
  readonly cacheControl: string;
  readonly etag: string;
}

/** Answers 304 when the client has it already, and else makes it. A tag stands for a content that never changes. */
export async function unlessKnown<Body>(
  reply: FastifyReply,
  { type, cacheControl, etag }: Caching,
  make: () => Promise<Body>,
): Promise<Body | undefined> {
  const known = reply.request.headers['if-none-match'];
  if (known !== undefined && tagsIn(known).includes(opaque(etag))) {
    reply.status(304).headers({ etag, 'cache-control': cacheControl });
    return undefined;
  }
  const body = await make();
  reply.headers({ etag, 'cache-control': cacheControl, 'content-type': type });
  return body;
}

/** The bytes, compressed when the client takes that; their tag is a weak one, for it stands for either form. */
export async function compressed(reply: FastifyReply, bytes: Buffer): Promise<Buffer> {
  reply.header('vary', 'accept-encoding');
  if (!takesGzip(reply.request)) return bytes;
  reply.header('content-encoding', 'gzip');
  return compress(bytes);
}

/** A tag that stands for this text. */
export const tagOf = (text: string): string =>
  `"${createHash('sha256').update(text).digest('base64url').slice(0, 22)}"`;

const tagsIn = (header: string): string[] => header.split(',').map(opaque);

/** Tags are compared without their weakness (RFC 9110, 13.1.2). */
const opaque = (tag: string): string => tag.trim().replace(/^W\//, '');

const takesGzip = ({ headers }: FastifyRequest): boolean =>
  /(^|[\s,])gzip\s*(,|$|;(?!\s*q=0(\.0*)?\s*(,|$)))/.test(String(headers['accept-encoding'] ?? ''));
