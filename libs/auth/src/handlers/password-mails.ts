import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import {
  Clock,
  Handles,
  httpConfig,
  type HttpConfig,
  InjectConfig,
  InjectRepository,
  Mailer,
  type DeliveredEvent,
} from '#kernel';
import { UsersService } from '#users';
import { TokenMinter } from '#vault';
import { PasswordChanged, PasswordResetRequested } from '../auth.events.js';
import { PasswordReset } from '../entities/password-reset.entity.js';
import { RESET_PASSWORD } from '../passwords/passwords.service.js';
import { passwordChangedMail, passwordResetMail, type MailText } from './mails.js';

/**
 * Mails about passwords. People hear of every change (OWASP ASVS 5.0, 6.3.7), so that a stolen
 * account does not go unseen.
 */
@Injectable()
export class PasswordMails {
  constructor(
    @InjectRepository(PasswordReset) private readonly resets: Repository<PasswordReset>,
    private readonly users: UsersService,
    private readonly tokens: TokenMinter,
    private readonly mailer: Mailer,
    private readonly clock: Clock,
    @InjectConfig(httpConfig) private readonly config: HttpConfig,
  ) {}

  @Handles(PasswordResetRequested, { name: 'auth.mail_password_reset', unit: false })
  async sendReset({ payload }: DeliveredEvent<PasswordResetRequested['payload']>): Promise<void> {
    const reset = await this.resets.findOneBy({ id: payload.passwordResetId });
    if (!reset?.userId || reset.usedAt !== null || reset.expiresAt <= this.clock.now()) return;
    await this.send(
      reset.userId,
      passwordResetMail(this.config.appUrl, this.tokens.mint(RESET_PASSWORD, reset.id)),
    );
  }

  @Handles(PasswordChanged, { name: 'auth.mail_password_changed', unit: false })
  async sendChanged({ payload }: DeliveredEvent<PasswordChanged['payload']>): Promise<void> {
    await this.send(payload.userId, passwordChangedMail(this.config.appUrl));
  }

  private async send(userId: string, mail: MailText): Promise<void> {
    const email = await this.users.findMailbox(userId, 'auth.security_notice');
    if (email !== undefined) await this.mailer.send({ person: userId, to: email, ...mail });
  }
}
