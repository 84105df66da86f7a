import { createHash, randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { IsNull, MoreThan, type Repository } from 'typeorm';
import { Clock, InjectConfig, InjectRepository, newId, type ConfigOf } from '#kernel';
import { authConfig } from '../auth.config.js';
import { RefreshToken } from '../entities/refresh-token.entity.js';
import type { Session } from '../entities/session.entity.js';

/** So that secret scanners and people recognise one. */
const PREFIX = 'stw_rt_';

/**
 * Opaque refresh tokens: 256 random bits, of which only the hash is kept. Each is good once (RFC 9700 section
 * 4.14.2).
 */
@Injectable()
export class RefreshTokens {
  constructor(
    @InjectRepository(RefreshToken) private readonly tokens: Repository<RefreshToken>,
    private readonly clock: Clock,
    @InjectConfig(authConfig) private readonly config: ConfigOf<typeof authConfig>,
  ) {}

  /** The row of a token as it was presented, spent or not. */
  async find(presented: string): Promise<RefreshToken | undefined> {
    return (await this.tokens.findOneBy({ tokenHash: digest(presented) })) ?? undefined;
  }

  /**
   * Writes a new token for the session, in the open unit, and returns it: the only time that it exists in
   * clear.
   */
  async issue(session: Pick<Session, 'id' | 'userId' | 'expiresAt'>): Promise<string> {
    const token = PREFIX + randomBytes(32).toString('base64url');
    const now = this.clock.now();
    const idleEnd = now.getTime() + this.config.refreshTokenIdleS * 1000;
    await this.tokens.insert({
      id: newId('rtk'),
      sessionId: session.id,
      userId: session.userId,
      tokenHash: digest(token),
      createdAt: now,
      expiresAt: new Date(Math.min(idleEnd, session.expiresAt.getTime())),
      spentAt: null,
    });
    return token;
  }

  /**
   * Spends a token in the open unit: one conditional UPDATE, so that of many who try at once exactly one gets
   * `true`.
   */
  async spend(id: string): Promise<boolean> {
    const now = this.clock.now();
    const { affected } = await this.tokens.update(
      { id, spentAt: IsNull(), expiresAt: MoreThan(now) },
      { spentAt: now },
    );
    return affected === 1;
  }
}

const digest = (token: string) => createHash('sha256').update(token).digest('hex');
