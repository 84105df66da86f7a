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
import { TokenMinter, Vault } from '#vault';
import { RegistrationRequested } from '../auth.events.js';
import { PendingRegistration } from '../entities/pending-registration.entity.js';
import { VERIFY_EMAIL } from '../registration/registration.service.js';
import { alreadyRegisteredMail, verificationMail } from './mails.js';

/**
 * Answers a registration by mail, the only place where it shows whether the address already has an account.
 */
@Injectable()
export class RegistrationMail {
  constructor(
    @InjectRepository(PendingRegistration) private readonly pending: Repository<PendingRegistration>,
    private readonly users: UsersService,
    private readonly vault: Vault,
    private readonly tokens: TokenMinter,
    private readonly mailer: Mailer,
    private readonly clock: Clock,
    @InjectConfig(httpConfig) private readonly config: HttpConfig,
  ) {}

  @Handles(RegistrationRequested, { name: 'auth.mail_registration', unit: false })
  async handle({ payload }: DeliveredEvent<RegistrationRequested['payload']>): Promise<void> {
    const row = await this.pending.findOneBy({ id: payload.registrationId });
    if (!row || row.expiresAt <= this.clock.now()) return;
    const [revealed] = await this.vault.reveal([row], ['email'], 'auth.registration');
    if (!revealed || revealed.email === null) return;
    const known = await this.users.findByEmail(revealed.email);
    const { appUrl } = this.config;
    const mail = known
      ? alreadyRegisteredMail(appUrl)
      : verificationMail(appUrl, this.tokens.mint(VERIFY_EMAIL, row.id));
    await this.mailer.send({ person: known?.id ?? row.userId, to: revealed.email, ...mail });
  }
}
