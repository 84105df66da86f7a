import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Clock, InjectRepository, UnitOfWork } from '#kernel';
import { UsersService } from '#users';
import { AuthLimits } from '../auth-limits.js';
import { authErrors } from '../auth.errors.js';
import { PasswordCredential } from '../entities/password-credential.entity.js';
import { PasswordHasher } from '../passwords/password-hasher.js';
import { KnownDevices } from './known-devices.js';
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
    private readonly devices: KnownDevices,
    private readonly limits: AuthLimits,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /**
   * Opens a session. An unknown address, a wrong password and a deactivated account get the same answer after
   * the same work: the same queries and one argon2id computation, against a decoy where there is no account.
   * Throws `auth.invalid_credentials`, `kernel.rate_limited`.
   *
   * `deviceToken` is what a device still has from before ({@link KnownDevices}). Strangers are counted together, so that
   * many machines cannot guess more than one; a known device is counted by itself, so that they cannot lock it out.
   */
  async logIn(email: string, password: string, deviceToken?: string): Promise<TokenPair> {
    await this.limits.take('login');
    const userId = (await this.users.findByEmail(email))?.id ?? NOBODY;
    const device = deviceToken === undefined ? undefined : await this.devices.find(userId, deviceToken);
    if (device === undefined) await this.limits.take('loginOfStranger', email);
    else await this.limits.take('loginOfDevice', device);
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
