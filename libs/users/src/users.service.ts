import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Clock, Database, InjectRepository, Problem, UnitOfWork, newId } from '#kernel';
import { BlindIndexes, Vault } from '#vault';
import { Administrators } from './administrators.js';
import { ADMINISTRATOR } from './entities/role.entity.js';
import { UserRole } from './entities/user-role.entity.js';
import { User } from './entities/user.entity.js';
import { UserAccessReader, type UserAccess } from './user-access.js';
import { usersErrors } from './users.errors.js';
import { UserCreated } from './users.events.js';

export interface NewUser {
  /** The id that was chosen at registration; the person's keys already hang on it. */
  readonly id: string;
  /** A verified address. */
  readonly email: string;
  readonly name: string;
  /** Keys of roles that exist. */
  readonly roles: readonly string[];
}

export interface Profile {
  readonly id: string;
  readonly email: string;
  readonly name: string;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** What other rooms may ask about accounts. */
@Injectable()
export class UsersService {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    @InjectRepository(UserRole) private readonly userRoles: Repository<UserRole>,
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly vault: Vault,
    private readonly blindIndexes: BlindIndexes,
    private readonly access: UserAccessReader,
    private readonly administrators: Administrators,
    private readonly clock: Clock,
  ) {}

  /** Fetches or makes the person's keys; call before the unit that calls {@link createVerified}. */
  async prepare(userId: string): Promise<void> {
    await this.vault.prepare([userId]);
  }

  /**
   * Creates the account of a person whose address was verified. Joins the open unit. Throws
   * `users.email_taken` when the address already has an account, also when both were created at the same
   * moment.
   */
  async createVerified(user: NewUser): Promise<void> {
    const intent = { action: 'user.create', resource: { type: 'user', id: user.id }, subject: user.id };
    await this.units.run(intent, async (unit) => {
      const now = this.clock.now();
      const row = this.users.create({
        id: user.id,
        isActive: true,
        erasedAt: null,
        version: 1,
        createdAt: now,
        updatedAt: now,
      });
      this.vault.seal(row, { email: user.email.trim(), name: user.name });
      await this.claimAddress(row, user.email);
      await this.users.insert(row);
      for (const roleId of user.roles) await this.insertRole(user.id, roleId, now);
      unit.publish(new UserCreated({ userId: user.id }));
    });
  }

  /** The account with this address, however it is capitalised. */
  async findByEmail(email: string): Promise<{ id: string } | undefined> {
    const id = await this.blindIndexes.find(User, 'email', email);
    return id === undefined ? undefined : { id };
  }

  /** Whether the account is active, and what it may do; never cached. */
  findAccess(userId: string): Promise<UserAccess | undefined> {
    return this.access.find(userId);
  }

  /** Whether anyone can administer the system. */
  hasAdministrator(): Promise<boolean> {
    return this.administrators.exist();
  }

  /** Makes an existing account administrator; for the first one. Joins the open unit. */
  async appointAdministrator(userId: string): Promise<void> {
    const intent = {
      action: 'user.appoint_administrator',
      resource: { type: 'user', id: userId },
      subject: userId,
    };
    await this.units.run(intent, async () => {
      if (await this.userRoles.existsBy({ userId, roleId: ADMINISTRATOR })) return;
      await this.insertRole(userId, ADMINISTRATOR, this.clock.now());
    });
  }

  /**
   * The address to which mail for this person goes; undefined when they are gone or deactivated. Reveals, so
   * never inside a unit.
   */
  async findMailbox(userId: string, purpose: string): Promise<string | undefined> {
    const user = await this.users.findOneBy({ id: userId });
    if (!user?.isActive) return undefined;
    const [revealed] = await this.vault.reveal([user], ['email'], purpose);
    return revealed?.email ?? undefined;
  }

  /** A person's own profile. Throws `users.not_found`. */
  async getProfile(userId: string): Promise<Profile> {
    const [user] = await this.database.select(User, { id: userId });
    if (!user) throw usersErrors.problem('users.not_found');
    const [revealed] = await this.vault.reveal([user], ['email', 'name'], 'account.self_service');
    if (!revealed || revealed.email === null || revealed.name === null)
      throw usersErrors.problem('users.not_found');
    const { id, version, createdAt, updatedAt } = user;
    return { id, email: revealed.email, name: revealed.name, version, createdAt, updatedAt };
  }

  /**
   * Changes a person's own name. With `version`, only when it is still the current one (else
   * `users.version_conflict`); without it the last writer wins.
   */
  async rename(userId: string, name: string, version?: number): Promise<void> {
    await this.vault.prepare([userId]);
    const intent = {
      action: 'user.update_profile',
      resource: { type: 'user', id: userId },
      subject: userId,
      purpose: 'account.self_service',
    };
    await this.units.run(intent, async () => {
      const row = this.vault.seal(this.users.create({ id: userId }), { name });
      const { affected } = await this.users.update(
        { id: userId, ...(version === undefined ? {} : { version }) },
        { name: row.name, version: () => 'version + 1', updatedAt: this.clock.now() },
      );
      if (affected === 1) return;
      const exists = await this.users.existsBy({ id: userId });
      throw usersErrors.problem(exists ? 'users.version_conflict' : 'users.not_found');
    });
  }

  private async claimAddress(user: User, email: string): Promise<void> {
    try {
      await this.blindIndexes.put(user, 'email', email);
    } catch (error) {
      if (error instanceof Problem && error.code === 'vault.blind_index_taken') {
        throw usersErrors.problem('users.email_taken', { cause: error });
      }
      throw error;
    }
  }

  private async insertRole(userId: string, roleId: string, createdAt: Date): Promise<void> {
    await this.userRoles.insert({ id: newId('uro'), userId, roleId, createdAt });
  }
}
