import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import {
  Clock,
  InjectConfig,
  InjectRepository,
  OperatorError,
  Problem,
  RequestContext,
  UnitOfWork,
  kernelConfig,
  newId,
  systemPrincipal,
  type ConfigOf,
} from '#kernel';
import { ADMINISTRATOR, UsersService } from '#users';
import { authConfig } from './auth.config.js';
import { PasswordCredential } from './entities/password-credential.entity.js';
import { PasswordHasher } from './passwords/password-hasher.js';
import { weaknessOf } from './passwords/password-rules.js';

const MADE_UP_EMAIL = 'admin@steward.localhost';

/** Who was made administrator. */
export interface NewAdministrator {
  readonly userId: string;
  readonly email: string;
  /** Set when it was made up: whoever starts the system prints it, once, and nothing else keeps it. */
  readonly password: string | undefined;
}

/** Sees to it that a new installation has somebody who can administer it. */
@Injectable()
export class FirstAdministrator {
  constructor(
    @InjectRepository(PasswordCredential) private readonly credentials: Repository<PasswordCredential>,
    private readonly users: UsersService,
    private readonly hasher: PasswordHasher,
    private readonly units: UnitOfWork,
    private readonly context: RequestContext,
    private readonly clock: Clock,
    @InjectConfig(authConfig) private readonly config: ConfigOf<typeof authConfig>,
    @InjectConfig(kernelConfig) private readonly kernel: ConfigOf<typeof kernelConfig>,
  ) {}

  /**
   * Makes an administrator when there is no active one; call after the migrations. The address and password
   * come from ADMIN_EMAIL and ADMIN_PASSWORD; in development they are made up when missing, in production
   * that is an error. Returns undefined when there was nothing to do, also when another process was faster.
   */
  async ensure(): Promise<NewAdministrator | undefined> {
    if (await this.users.hasAdministrator()) return undefined;
    const { email = MADE_UP_EMAIL, password } = this.config.administrator;
    if (this.kernel.production && (this.config.administrator.email === undefined || password === undefined)) {
      throw new OperatorError(
        'There is no administrator yet: set ADMIN_EMAIL and ADMIN_PASSWORD, and start again.',
      );
    }
    const weakness = password === undefined ? undefined : weaknessOf(password, email);
    if (weakness !== undefined) throw new OperatorError(`ADMIN_PASSWORD ${weakness}.`);
    return this.context.runAs(systemPrincipal('first_administrator'), () => this.make(email, password));
  }

  private async make(email: string, given: string | undefined): Promise<NewAdministrator | undefined> {
    const known = await this.users.findByEmail(email);
    if (known) {
      await this.users.appointAdministrator(known.id);
      return { userId: known.id, email, password: undefined };
    }
    const password = given ?? randomBytes(15).toString('base64url');
    try {
      return {
        userId: await this.create(email, password),
        email,
        password: given === undefined ? password : undefined,
      };
    } catch (error) {
      if (error instanceof Problem && error.code === 'users.email_taken') return undefined;
      throw error;
    }
  }

  private async create(email: string, password: string): Promise<string> {
    const userId = newId('usr');
    const [passwordHash] = await Promise.all([this.hasher.hash(password), this.users.prepare(userId)]);
    const intent = {
      action: 'user.create_first_administrator',
      resource: { type: 'user', id: userId },
      subject: userId,
    };
    await this.units.run(intent, async () => {
      await this.users.createVerified({ id: userId, email, name: 'Administrator', roles: [ADMINISTRATOR] });
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
    });
    return userId;
  }
}
