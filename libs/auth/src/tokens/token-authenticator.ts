import { Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { Authenticator, Clock, Database, kernelErrors, type Principal, type Problem, toDate } from '#kernel';
import { UsersService } from '#users';
import { AccessTokenStrategy } from './access-token.strategy.js';
import type { AccessClaims } from './access-tokens.js';

/**
 * The header as RFC 6750 section 2.1 writes it, and nothing beside it. Checked before the JWT library sees it,
 * whose own pattern takes time that grows with the square of a header without a space.
 */
const BEARER = /^Bearer +([\w-]+\.[\w-]+\.[\w-]+)$/i;

const SESSION = `
  SELECT id AS forKey, user_id AS userId, created_at AS createdAt, revoked_at AS revokedAt, expires_at AS expiresAt
  FROM session
  WHERE id IN (?)`;

interface SessionRow {
  readonly userId: string;
  readonly createdAt: Date | string;
  readonly revokedAt: Date | string | null;
  readonly expiresAt: Date | string;
}

/**
 * Tells who sends a request, from its bearer token (RFC 6750). A good token is not enough: account and
 * session are read uncached, by primary keys and in one round trip, so that logging out, a changed password,
 * deactivation and changed roles hold from the next request.
 */
@Injectable()
export class TokenAuthenticator extends Authenticator {
  /**
   * Tokens whose signature was good. That never changes while the process and its keys live; what does change
   * (expiry, session, account) is looked at each time.
   */
  private readonly genuine = new LRUCache<string, AccessClaims>({ max: 10_000 });

  constructor(
    private readonly strategy: AccessTokenStrategy,
    private readonly users: UsersService,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    super();
  }

  async authenticate(request: FastifyRequest): Promise<Principal | undefined> {
    const { authorization } = request.headers;
    if (authorization === undefined) return undefined;
    const token = BEARER.exec(authorization)?.[1];
    const claims = token === undefined ? undefined : (this.genuine.get(token) ?? (await this.verify(token)));
    if (!claims || claims.expiresAt * 1000 <= this.clock.now().getTime()) throw invalidToken();
    const { userId, sessionId } = claims;
    // The account first: an ended session stays ended, so one that is live now was so when the account was read. (A
    // burst that takes several messages may be read the other way round. That shows only when, in the instant between,
    // the session ends and its account then gains something: a role, or its reactivation.)
    const [access, [session]] = await Promise.all([
      this.users.findAccess(userId),
      this.database.lookUpEach<SessionRow>(SESSION, sessionId),
    ]);
    if (!access?.isActive || session?.userId !== userId || !this.isLive(session)) throw invalidToken();
    const loggedInAt = toDate(session.createdAt);
    return { kind: 'user', id: userId, sessionId, loggedInAt, permissions: access.permissions };
  }

  private isLive({ revokedAt, expiresAt }: SessionRow): boolean {
    return revokedAt === null && toDate(expiresAt) > this.clock.now();
  }

  /** Kept by the token alone: a header may be spelled in endless ways, each of which would be kept. */
  private async verify(token: string): Promise<AccessClaims | undefined> {
    const claims = await this.strategy.verify(token);
    if (claims) this.genuine.set(token, claims);
    return claims;
  }
}

/** RFC 6750 section 3.1; which of the reasons it was stays with us. */
function invalidToken(): Problem {
  return kernelErrors.problem('kernel.unauthenticated', {
    detail: 'The access token is malformed, expired or revoked. Refresh it, or log in again.',
    headers: { 'www-authenticate': 'Bearer realm="steward", error="invalid_token"' },
  });
}
