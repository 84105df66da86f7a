import { Injectable } from '@nestjs/common';
import { IsNull, MoreThan, type Repository } from 'typeorm';
import { Clock, InjectConfig, InjectRepository, UnitOfWork, newId, type ConfigOf } from '#kernel';
import { UsersService } from '#users';
import { TokenMinter } from '#vault';
import { AuthLimits } from '../auth-limits.js';
import { authConfig } from '../auth.config.js';
import { authErrors } from '../auth.errors.js';
import { PasswordChanged, PasswordResetRequested } from '../auth.events.js';
import { PasswordCredential } from '../entities/password-credential.entity.js';
import { PasswordReset } from '../entities/password-reset.entity.js';
import { SessionsService, type TokenPair } from '../sessions/sessions.service.js';
import { PasswordHasher } from './password-hasher.js';

/** Purpose of the tokens in reset links. */
export const RESET_PASSWORD = 'auth.reset_password';

/** Changing a password one knows, and replacing one that was forgotten. */
@Injectable()
export class PasswordsService {
  constructor(
    @InjectRepository(PasswordCredential) private readonly credentials: Repository<PasswordCredential>,
    @InjectRepository(PasswordReset) private readonly resets: Repository<PasswordReset>,
    private readonly users: UsersService,
    private readonly sessions: SessionsService,
    private readonly hasher: PasswordHasher,
    private readonly tokens: TokenMinter,
    private readonly limits: AuthLimits,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
    @InjectConfig(authConfig) private readonly config: ConfigOf<typeof authConfig>,
  ) {}

  /**
   * Changes the password of someone who is logged in. Every session ends, the present one included, and the
   * answer opens a new one: whoever holds a copy of any old token is out, and the caller carries on (OWASP
   * Session Management Cheat Sheet, "Renew the session ID"). Links to reset it end as well. Throws `auth.wrong_password`,
   * `kernel.rate_limited`.
   */
  async change(userId: string, currentPassword: string, newPassword: string): Promise<TokenPair> {
    await this.limits.take('password', userId);
    const credential = await this.credentials.findOneBy({ userId });
    const isRight = await this.hasher.verify(credential?.passwordHash, currentPassword);
    if (!credential || !isRight) throw authErrors.problem('auth.wrong_password');
    const passwordHash = await this.hasher.hash(newPassword);
    await this.users.prepare(userId);
    const intent = { action: 'password.change', resource: { type: 'user', id: userId }, subject: userId };
    const grant = await this.units.run(intent, async (unit) => {
      const isStill = await this.replace({ userId, version: credential.version }, passwordHash);
      if (!isStill) throw authErrors.problem('auth.wrong_password');
      await this.sessions.revokeAll(userId, 'password_changed');
      unit.publish(new PasswordChanged({ userId }));
      return this.sessions.open(userId);
    });
    return this.sessions.grantTokens(grant);
  }

  /**
   * Takes down a request to reset a password. The same rows are written whether or not the address has an
   * account; the mail is written later, by who finds the row.
   */
  async requestReset(email: string): Promise<void> {
    await this.limits.take('reset', email);
    const user = await this.users.findByEmail(email);
    const id = newId('prs');
    // No subject: with it the entry of a known address would differ from that of an unknown one.
    const intent = { action: 'password_reset.request', resource: { type: 'password_reset', id } };
    await this.units.run(intent, async (unit) => {
      const now = this.clock.now();
      await this.resets.insert({
        id,
        userId: user?.id ?? null,
        createdAt: now,
        expiresAt: new Date(now.getTime() + this.config.passwordResetLifeS * 1000),
        usedAt: null,
      });
      unit.publish(new PasswordResetRequested({ passwordResetId: id }));
    });
  }

  /**
   * Sets a new password, given the token from the mail. It works once; every session ends, and so does every
   * other reset that is still open. It does not log in: who has the mailbox shows that they know the
   * password, too. Throws `auth.invalid_link`.
   */
  async confirmReset(token: string, newPassword: string): Promise<void> {
    await this.limits.take('link');
    const id = this.tokens.verify(RESET_PASSWORD, token);
    const reset = id === undefined ? null : await this.resets.findOneBy({ id });
    const userId = reset?.userId;
    if (!reset || !userId || reset.usedAt !== null || reset.expiresAt <= this.clock.now()) {
      throw authErrors.problem('auth.invalid_link');
    }
    if (!(await this.users.findAccess(userId))?.isActive) throw authErrors.problem('auth.invalid_link');
    const passwordHash = await this.hasher.hash(newPassword);
    const intent = { action: 'password.reset', resource: { type: 'user', id: userId }, subject: userId };
    await this.units.run(intent, async (unit) => {
      const now = this.clock.now();
      const { affected } = await this.resets.update(
        { id: reset.id, usedAt: IsNull(), expiresAt: MoreThan(now) },
        { usedAt: now },
      );
      if (affected !== 1) throw authErrors.problem('auth.invalid_link');
      if (!(await this.replace({ userId }, passwordHash))) throw authErrors.problem('auth.invalid_link');
      await this.sessions.revokeAll(userId, 'password_reset');
      unit.publish(new PasswordChanged({ userId }));
    });
  }

  /** Links that were sent before would undo it, so they are spent. Returns whether there was such a credential. */
  private async replace(where: { userId: string; version?: number }, passwordHash: string): Promise<boolean> {
    const now = this.clock.now();
    await this.resets.update({ userId: where.userId, usedAt: IsNull() }, { usedAt: now });
    const { affected } = await this.credentials.update(where, {
      passwordHash,
      version: () => 'version + 1',
      changedAt: now,
    });
    return affected === 1;
  }
}
