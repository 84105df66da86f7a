import { createParamDecorator, type ExecutionContext, Injectable, Param } from '@nestjs/common';
import type { FastifyReply, FastifyRequest } from 'fastify';
import { auditErrors } from '../audit.errors.js';
import { compressed, tagOf, unlessKnown } from './answers.js';
import { BYTES, TEXT } from './log-docs.js';
import { PublishedLog } from './published-log.js';
import { parseTilePath, type TilePath } from './tree/tile.js';

/** Tiles and bundles never change, so that whoever serves them to many may keep them. */
const FOR_EVER = 'max-age=31536000, immutable';

/** Hands the level of a tile to a route's method. Any text: what is no level has no tile. */
export const TileLevel = () => Param('level');

/** Hands what the path has for `*` to a route's method. `@Param('*')` would make the API document name it so. */
export const RestOfPath = createParamDecorator((_data: unknown, context: ExecutionContext): string => {
  const { params } = context.switchToHttp().getRequest<FastifyRequest>();
  return (params as Readonly<Record<string, string>>)['*'] ?? '';
});

/** Answers requests for a log, with what lets others keep the answers. */
@Injectable()
export class LogAnswers {
  constructor(private readonly log: PublishedLog) {}

  /** Sends the client on when the first log is not the one that grows. */
  async leadOn(reply: FastifyReply, path: string): Promise<boolean> {
    const current = await this.log.currentNumber();
    // Relative, so that it holds behind any prefix that a proxy puts before the path.
    if (current > 1) reply.status(307).header('location', `${current}/${path}`);
    return current > 1;
  }

  async key(logNumber: number, reply: FastifyReply): Promise<string> {
    const text = await this.log.keyText(logNumber);
    reply.header('cache-control', 'no-cache').type(TEXT);
    return text;
  }

  async checkpoint(logNumber: number, reply: FastifyReply): Promise<string | undefined> {
    const text = await this.log.checkpoint(logNumber);
    const caching = { type: TEXT, cacheControl: 'no-cache', etag: tagOf(text) };
    return unlessKnown(reply, caching, async () => text);
  }

  async tile(logNumber: number, path: string, reply: FastifyReply): Promise<Buffer | undefined> {
    const { level, ...place } = pathOf(path);
    if (level === 'entries') throw auditErrors.problem('audit.tile_not_found');
    const caching = { type: BYTES, cacheControl: `public, ${FOR_EVER}`, etag: tagOf(`${logNumber} ${path}`) };
    return unlessKnown(reply, caching, () => this.log.tile(logNumber, { level, ...place }));
  }

  /** Leaves say who did what: only the auditor's own cache may keep them. */
  async bundle(logNumber: number, path: string, reply: FastifyReply): Promise<Buffer | undefined> {
    const place = pathOf(`entries/${path}`);
    const etag = `W/${tagOf(`${logNumber} ${path}`)}`;
    const caching = { type: BYTES, cacheControl: `private, ${FOR_EVER}`, etag };
    return unlessKnown(reply, caching, async () =>
      compressed(reply, await this.log.bundle(logNumber, place)),
    );
  }
}

function pathOf(wildcard: string): TilePath {
  const path = parseTilePath(`tile/${wildcard}`);
  if (!path) throw auditErrors.problem('audit.tile_not_found');
  return path;
}
