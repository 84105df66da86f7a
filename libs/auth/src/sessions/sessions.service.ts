import { setTimeout as delay } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { IsNull, MoreThan, type Repository } from 'typeorm';
import {
  Clock,
  InjectConfig,
  InjectRepository,
  RequestContext,
  UnitOfWork,
  newId,
  paginate,
  type ConfigOf,
  type Page,
  type PageQuery,
} from '#kernel';
import { UsersService } from '#users';
import { Vault } from '#vault';
import { AuthLimits } from '../auth-limits.js';
import { authConfig } from '../auth.config.js';
import { authErrors } from '../auth.errors.js';
import { RefreshTokenReused } from '../auth.events.js';
import type { RefreshToken } from '../entities/refresh-token.entity.js';
import { Session, type RevocationReason } from '../entities/session.entity.js';
import { AccessTokens } from '../tokens/access-tokens.js';
import { RefreshTokens } from '../tokens/refresh-tokens.js';

const NAP_MS = 10;

/** What a login or a refresh gives the client. */
export interface TokenPair {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** Seconds until the access token expires. */
  readonly expiresIn: number;
}

/** A session that was opened or refreshed in a unit; its access token is signed after the commit. */
export interface SessionGrant {
  readonly userId: string;
  readonly sessionId: string;
  readonly refreshToken: string;
}

export interface SessionView {
  readonly id: string;
  readonly userAgent: string | null;
  readonly clientAddress: string | null;
  readonly createdAt: Date;
  readonly refreshedAt: Date;
  readonly expiresAt: Date;
}

/** Sessions: opened by a login, carried on by refresh tokens, ended by anyone who has reason to. */
@Injectable()
export class SessionsService {
  constructor(
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    private readonly refreshTokens: RefreshTokens,
    private readonly accessTokens: AccessTokens,
    private readonly users: UsersService,
    private readonly limits: AuthLimits,
    private readonly units: UnitOfWork,
    private readonly vault: Vault,
    private readonly context: RequestContext,
    private readonly clock: Clock,
    @InjectConfig(authConfig) private readonly config: ConfigOf<typeof authConfig>,
  ) {}

  /** Opens a session in the open unit; the user's key must be prepared. */
  async open(userId: string): Promise<SessionGrant> {
    const now = this.clock.now();
    const { userAgent, clientAddress } = this.context.get() ?? {};
    const session = this.sessions.create({
      id: newId('ses'),
      userId,
      createdAt: now,
      refreshedAt: now,
      expiresAt: new Date(now.getTime() + this.config.sessionLifeS * 1000),
      revokedAt: null,
      revocationReason: null,
    });
    this.vault.seal(session, {
      userAgent: userAgent?.slice(0, 500) ?? null,
      clientAddress: clientAddress ?? null,
    });
    await this.sessions.insert(session);
    return { userId, sessionId: session.id, refreshToken: await this.refreshTokens.issue(session) };
  }

  /** The tokens for the client, once the unit has committed. */
  async grantTokens({ userId, sessionId, refreshToken }: SessionGrant): Promise<TokenPair> {
    const accessToken = await this.accessTokens.issue(userId, sessionId);
    return { accessToken, refreshToken, expiresIn: this.config.accessTokenLifeS };
  }

  /**
   * Exchanges a refresh token for new tokens. Each token is good once; one that comes again after its
   * exchange ends the session, for it, or its successor, is in the wrong hands (RFC 9700 section 4.14.2).
   * Throws `auth.invalid_refresh_token`, `kernel.rate_limited`.
   *
   * A client that sends one token several times at once, such as two tabs that wake up together, must not
   * lose its session by that. Other systems accept a spent token for some seconds, which a thief can use as
   * well. Here the grace lies before the exchange: it waits REFRESH_GATHER_MS, and who arrived meanwhile saw
   * the token unspent, loses the race and is refused, nothing more. Who arrives after the exchange replays.
   * So a spent token never gives anything, and its reuse is noticed from the first millisecond.
   */
  async refresh(presented: string): Promise<TokenPair> {
    // Read on arrival: what it sees here tells a race from a replay.
    const token = await this.refreshTokens.find(presented);
    await this.limits.take('refresh');
    if (!token) throw authErrors.problem('auth.invalid_refresh_token');
    if (token.isSpent) {
      await this.endFamily(token);
      throw authErrors.problem('auth.invalid_refresh_token');
    }
    await this.gather();
    const intent = { action: 'session.refresh', ...about(token.sessionId, token.userId) };
    const grant = await this.units.run(intent, () => this.rotate(token));
    return this.grantTokens(grant);
  }

  /** Ends one session of a user; returns whether it was live. */
  async revoke(userId: string, sessionId: string, reason: RevocationReason): Promise<boolean> {
    return this.units.run({ action: 'session.revoke', ...about(sessionId, userId) }, async (unit) => {
      unit.describe({ details: { reason } });
      const { affected } = await this.sessions.update(
        { id: sessionId, userId, revokedAt: IsNull() },
        this.revocation(reason),
      );
      return affected === 1;
    });
  }

  /** Ends all live sessions of a user. Joins the open unit. */
  async revokeAll(userId: string, reason: RevocationReason): Promise<void> {
    const intent = { action: 'session.revoke_all', resource: { type: 'user', id: userId }, subject: userId };
    await this.units.run(intent, async (unit) => {
      const { affected } = await this.sessions.update(
        { userId, revokedAt: IsNull() },
        this.revocation(reason),
      );
      unit.describe({ details: { reason, revokedSessions: affected ?? 0 } });
    });
  }

  /** The live sessions of a user, newest first. */
  async list(userId: string, query: PageQuery): Promise<Page<SessionView>> {
    const select = this.sessions
      .createQueryBuilder('session')
      .where({ userId, revokedAt: IsNull(), expiresAt: MoreThan(this.clock.now()) });
    const { items, nextCursor } = await paginate(select, { alias: 'session', query, order: 'DESC' });
    const revealed = await this.vault.reveal(items, ['userAgent', 'clientAddress'], 'account.self_service');
    return {
      items: items.map(({ id, createdAt, refreshedAt, expiresAt }, index) => ({
        id,
        userAgent: revealed[index]?.userAgent ?? null,
        clientAddress: revealed[index]?.clientAddress ?? null,
        createdAt,
        refreshedAt,
        expiresAt,
      })),
      nextCursor,
    };
  }

  /**
   * Lets requests that came along with this one be read. In short naps: a busy process stretches each of them, and with
   * them the time that waiting requests get.
   */
  private async gather(): Promise<void> {
    for (let waitedMs = 0; waitedMs < this.config.refreshGatherMs; waitedMs += NAP_MS) await delay(NAP_MS);
  }

  private async rotate(token: RefreshToken): Promise<SessionGrant> {
    const { sessionId, userId } = token;
    const now = this.clock.now();
    // The session first, also as the lock: whoever revokes it waits for us, or we find it revoked.
    const { affected } = await this.sessions.update(
      { id: sessionId, revokedAt: IsNull(), expiresAt: MoreThan(now) },
      { refreshedAt: now },
    );
    const isMine = affected === 1 && (await this.refreshTokens.spend(token.id));
    if (!isMine || !(await this.users.findAccess(userId))?.isActive)
      throw authErrors.problem('auth.invalid_refresh_token');
    const session = await this.sessions.findOneByOrFail({ id: sessionId });
    return { userId, sessionId, refreshToken: await this.refreshTokens.issue(session) };
  }

  /** In a unit of its own that commits, so that the refusal which follows does not undo it. */
  private async endFamily({ sessionId, userId }: RefreshToken): Promise<void> {
    await this.units.run({ action: 'session.end_reused', ...about(sessionId, userId) }, async (unit) => {
      const { affected } = await this.sessions.update(
        { id: sessionId, revokedAt: IsNull() },
        this.revocation('refresh_token_reused'),
      );
      if (affected === 1) unit.publish(new RefreshTokenReused({ userId, sessionId }));
    });
  }

  private revocation(reason: RevocationReason) {
    return { revokedAt: this.clock.now(), revocationReason: reason };
  }
}

const about = (sessionId: string, userId: string) => ({
  resource: { type: 'session', id: sessionId },
  subject: userId,
});
