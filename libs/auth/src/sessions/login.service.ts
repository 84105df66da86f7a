import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Clock, InjectRepository, UnitOfWork } from '#kernel';
import { UsersService } from '#users';
import { AuthLimits } from '../auth-limits.js';
import { authErrors } from '../auth.errors.js';
import { PasswordCredential } from '../entities/password-credential.entity.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { SessionsService, type SessionGrant, type TokenPair } from './sessions.service.js';

const NOBODY = 'usr_nobody';

/** Logging in with an address and a password. */
@Injectable()
export class LoginService {
  constructor(
    @InjectRepository(PasswordCredential) private readonly credentials: Repository<PasswordCredential>,
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly sessions: SessionsService,
    private readonly limits: AuthLimits,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Opens a session. An unknown address, a wrong password and a deactivated account get the same answer after
   * the same work: the same queries and one argon2id computation, against a decoy where there is no account.
   * Throws `auth.invalid_credentials`, `kernel.rate_limited`.
   */
  async logIn(email: string, password: string): Promise<TokenPair> {
    await this.limits.take('login', email);
    const userId = (await this.users.findByEmail(email))?.id ?? NOBODY;
    const [credential, access] = await Promise.all([
      this.credentials.findOneBy({ userId }),
      this.users.findAccess(userId),
    ]);
    const isRight = await this.hasher.verify(credential?.passwordHash, password);
    if (!credential || !isRight || !access?.isActive) throw authErrors.problem('auth.invalid_credentials');
    const rehashed = this.hasher.isOutdated(credential.passwordHash)
      ? await this.hasher.hash(password)
      : undefined;
    await this.users.prepare(userId);
    const intent = { action: 'session.log_in', resource: { type: 'user', id: userId }, subject: userId };
    const grant = await this.units.run(intent, () => this.open(credential, rehashed));
    return this.sessions.grantTokens(grant);
  }

  /** The password was checked before the unit, so the unit makes sure that it is still the password. */
  private async open(
    { userId, version }: PasswordCredential,
    rehashed: string | undefined,
  ): Promise<SessionGrant> {
    const { affected } = await this.credentials.update(
      { userId, version },
      { lastUsedAt: this.clock.now(), ...(rehashed === undefined ? {} : { passwordHash: rehashed }) },
    );
    if (affected !== 1) throw authErrors.problem('auth.invalid_credentials');
    return this.sessions.open(userId);
  }
}
