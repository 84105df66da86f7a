import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Clock, InjectConfig, InjectRepository, UnitOfWork, newId, type ConfigOf } from '#kernel';
import { CUSTOMER, UsersService } from '#users';
import { TokenMinter, Vault } from '#vault';
import { AuthLimits } from '../auth-limits.js';
import { authConfig } from '../auth.config.js';
import { authErrors } from '../auth.errors.js';
import { RegistrationRequested } from '../auth.events.js';
import { PasswordCredential } from '../entities/password-credential.entity.js';
import { PendingRegistration } from '../entities/pending-registration.entity.js';
import { PasswordHasher } from '../passwords/password-hasher.js';

/** Purpose of the tokens in verification links. */
export const VERIFY_EMAIL = 'auth.verify_email';

export interface Registration {
  readonly email: string;
  readonly password: string;
  readonly name: string;
}

/**
 * Registering: a request that anyone can make, and an account that only the owner of the mailbox can make of
 * it.
 */
@Injectable()
export class RegistrationService {
  constructor(
    @InjectRepository(PendingRegistration) private readonly pending: Repository<PendingRegistration>,
    @InjectRepository(PasswordCredential) private readonly credentials: Repository<PasswordCredential>,
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly tokens: TokenMinter,
    private readonly vault: Vault,
    private readonly limits: AuthLimits,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
    @InjectConfig(authConfig) private readonly config: ConfigOf<typeof authConfig>,
  ) {}

  /**
   * Takes down a registration. Whether the address has an account is not even looked up here, so neither
   * answer, nor time, nor rows can tell: the mail does, to the one who may know (OWASP Authentication Cheat
   * Sheet, "User enumeration").
   */
  async register({ email, password, name }: Registration): Promise<void> {
    await this.limits.take('register', email);
    const id = newId('reg');
    const userId = newId('usr');
    const [passwordHash] = await Promise.all([this.hasher.hash(password), this.vault.prepare([userId])]);
    const intent = {
      action: 'registration.request',
      resource: { type: 'registration', id },
      subject: userId,
    };
    await this.units.run(intent, async (unit) => {
      const now = this.clock.now();
      const row = this.pending.create({
        id,
        userId,
        passwordHash,
        createdAt: now,
        expiresAt: new Date(now.getTime() + this.config.registrationLifeS * 1000),
      });
      this.vault.seal(row, { email: email.trim(), name });
      await this.pending.insert(row);
      unit.publish(new RegistrationRequested({ registrationId: id }));
    });
  }

  /**
   * Makes the account of a registration, given the token from the mail; returns the user's id. A token is
   * good once, and of two registrations of one address the first to be verified wins. Throws
   * `auth.invalid_link`, `users.email_taken`.
   */
  async verify(token: string): Promise<string> {
    await this.limits.take('link');
    const id = this.tokens.verify(VERIFY_EMAIL, token);
    const row = id === undefined ? null : await this.pending.findOneBy({ id });
    if (!row || row.expiresAt <= this.clock.now()) throw authErrors.problem('auth.invalid_link');
    const [revealed] = await this.vault.reveal([row], ['email', 'name'], 'auth.registration');
    if (!revealed || revealed.email === null || revealed.name === null)
      throw authErrors.problem('auth.invalid_link');
    const { email, name } = revealed;
    await this.users.prepare(row.userId);
    const intent = {
      action: 'registration.verify',
      resource: { type: 'registration', id: row.id },
      subject: row.userId,
      purpose: 'auth.registration',
    };
    await this.units.run(intent, async () => {
      const { affected } = await this.pending.delete({ id: row.id });
      if (affected !== 1) throw authErrors.problem('auth.invalid_link');
      await this.users.createVerified({ id: row.userId, email, name, roles: [CUSTOMER] });
      await this.insertCredential(row);
    });
    return row.userId;
  }

  private async insertCredential({ userId, passwordHash }: PendingRegistration): Promise<void> {
    const now = this.clock.now();
    await this.credentials.insert({
      id: newId('crd'),
      userId,
      passwordHash,
      version: 1,
      createdAt: now,
      changedAt: now,
      lastUsedAt: null,
    });
  }
}
