import { Injectable } from '@nestjs/common';
import { In, LessThan, type Repository } from 'typeorm';
import { Clock, InjectRepository, Recurring, UnitOfWork } from '#kernel';
import { Vault } from '#vault';
import { PasswordReset } from './entities/password-reset.entity.js';
import { PendingRegistration } from './entities/pending-registration.entity.js';
import { RefreshToken } from './entities/refresh-token.entity.js';
import { Session } from './entities/session.entity.js';

const BATCH = 100;
const MINUTE_MS = 60_000;
const DAY_MS = 24 * 60 * MINUTE_MS;

/** Ended sessions stay so long, for the person who asks what happened. */
const KEEP_SESSIONS_MS = 30 * DAY_MS;

/** Removes what nobody can use any more (GDPR Article 5(1)(e): kept no longer than necessary). */
@Injectable()
export class Housekeeping {
  constructor(
    @InjectRepository(PendingRegistration) private readonly pending: Repository<PendingRegistration>,
    @InjectRepository(PasswordReset) private readonly resets: Repository<PasswordReset>,
    @InjectRepository(RefreshToken) private readonly refreshTokens: Repository<RefreshToken>,
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
    private readonly units: UnitOfWork,
    private readonly vault: Vault,
    private readonly clock: Clock,
  ) {}

  /**
   * Forgets people who registered and never verified: the row goes, and the keys with it, so that what backups
   * and the record still hold of them, and of where they registered from, can never be read. True when more wait.
   */
  @Recurring({ name: 'auth.expire_registrations', everyMs: 10 * MINUTE_MS })
  async expireRegistrations(): Promise<boolean> {
    const expired = await this.pending.find({
      where: { expiresAt: LessThan(this.clock.now()) },
      order: { expiresAt: 'ASC' },
      take: BATCH,
    });
    for (const { id, userId } of expired) {
      const intent = {
        action: 'registration.expire',
        resource: { type: 'registration', id },
        subject: userId,
      };
      await this.units.run(intent, async () => {
        // A verification that came first has removed the row, and its person keeps the key.
        const { affected } = await this.pending.delete({ id });
        if (affected !== 1) return;
        for (const retention of ['account', 'security']) await this.vault.eraseSubject(userId, retention);
      });
    }
    return expired.length === BATCH;
  }

  /** Removes old sessions and their tokens, and old password resets. True when more wait. */
  @Recurring({ name: 'auth.remove_old', everyMs: 60 * MINUTE_MS })
  async removeOld(): Promise<boolean> {
    const before = new Date(this.clock.now().getTime() - KEEP_SESSIONS_MS);
    const [sessions, resets] = await Promise.all([
      this.idsOf(this.sessions, before),
      this.idsOf(this.resets, before),
    ]);
    if (sessions.length > 0 || resets.length > 0) {
      await this.units.run({ action: 'session.remove_old' }, async (unit) => {
        unit.describe({ details: { sessions: sessions.length, passwordResets: resets.length } });
        if (sessions.length > 0) {
          await this.refreshTokens.delete({ sessionId: In(sessions) });
          await this.sessions.delete({ id: In(sessions) });
        }
        if (resets.length > 0) await this.resets.delete({ id: In(resets) });
      });
    }
    return sessions.length === BATCH || resets.length === BATCH;
  }

  private async idsOf(
    rows: Repository<Session> | Repository<PasswordReset>,
    before: Date,
  ): Promise<string[]> {
    const query = rows.createQueryBuilder('row').select('row.id', 'id');
    const found = await query
      .where('row.expiresAt < :before', { before })
      .limit(BATCH)
      .getRawMany<{ id: string }>();
    return found.map(({ id }) => id);
  }
}
