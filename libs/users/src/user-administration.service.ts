import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import { Clock, InjectRepository, RequestContext, UnitOfWork, newId, paginate, type Page } from '#kernel';
import { BlindIndexes, Vault } from '#vault';
import { Administrators } from './administrators.js';
import type { ListUsersQuery } from './dto/user.dto.js';
import type { UserResponse } from './dto/user.response.js';
import { Role } from './entities/role.entity.js';
import { UserRole } from './entities/user-role.entity.js';
import { User } from './entities/user.entity.js';
import { RolesService } from './roles.service.js';
import { usersErrors } from './users.errors.js';
import { administration } from './users.purposes.js';
import { UserDeactivated, UserReactivated } from './users.events.js';

/** What administrators do with other people's accounts. */
@Injectable()
export class UserAdministration {
  constructor(
    @InjectRepository(User) private readonly users: Repository<User>,
    @InjectRepository(UserRole) private readonly userRoles: Repository<UserRole>,
    @InjectRepository(Role) private readonly roles: Repository<Role>,
    private readonly units: UnitOfWork,
    private readonly vault: Vault,
    private readonly blindIndexes: BlindIndexes,
    private readonly administrators: Administrators,
    private readonly rolesService: RolesService,
    private readonly context: RequestContext,
    private readonly clock: Clock,
  ) {}

  /** A page of accounts, newest first; with `email`, at most the one that has it. */
  async list(query: ListUsersQuery): Promise<Page<UserResponse>> {
    const select = this.users.createQueryBuilder('user');
    if (query.email !== undefined) {
      const id = await this.blindIndexes.find(User, 'email', query.email);
      if (id === undefined) return { items: [], nextCursor: null };
      select.where('user.id = :id', { id });
    }
    const { items, nextCursor } = await paginate(select, { alias: 'user', query, order: 'DESC' });
    return { items: await this.reveal(items), nextCursor };
  }

  /** Throws `users.not_found`. */
  async get(id: string): Promise<UserResponse> {
    const user = await this.users.findOneBy({ id });
    const [response] = user ? await this.reveal([user]) : [];
    if (!response) throw usersErrors.problem('users.not_found');
    return response;
  }

  /**
   * Stops an account: from its next request on it can do nothing. Doing it again changes nothing.
   * Throws `users.not_found`, `users.erased`, `users.last_administrator`.
   */
  async deactivate(id: string): Promise<void> {
    await this.units.run({ action: 'user.deactivate', ...about(id) }, async (unit) => {
      await this.administrators.release(id);
      if (await this.setActive(id, false)) unit.publish(new UserDeactivated({ userId: id }));
    });
  }

  /** Lets a deactivated account log in again. Throws `users.not_found`, `users.erased`. */
  async reactivate(id: string): Promise<void> {
    await this.units.run({ action: 'user.reactivate', ...about(id) }, async (unit) => {
      if (await this.setActive(id, true)) unit.publish(new UserReactivated({ userId: id }));
    });
  }

  /**
   * Makes these the roles of an account; they hold from its next request. Nobody gives or takes what they
   * could not do themselves. Throws `users.not_found`, `users.erased`, `users.role_unknown`,
   * `users.permission_not_held`, `users.last_administrator`.
   */
  async setRoles(id: string, roleIds: readonly string[]): Promise<void> {
    await this.units.run({ action: 'user.set_roles', ...about(id) }, async (unit) => {
      await this.administrators.lock();
      await this.findChangeable(id);
      const held = (await this.userRoles.findBy({ userId: id })).map((row) => row.roleId);
      const added = roleIds.filter((role) => !held.includes(role));
      const removed = held.filter((role) => !roleIds.includes(role));
      const changed = await this.roles.findBy({ id: In([...added, ...removed]) });
      if (added.some((role) => !changed.some((known) => known.id === role))) {
        throw usersErrors.problem('users.role_unknown');
      }
      for (const role of changed) this.rolesService.assertHeld(role.permissions, this.context.principal);
      unit.describe({ details: { added, removed } });
      if (changed.some((role) => role.isAdministrator && removed.includes(role.id)))
        await this.administrators.release(id);
      if (removed.length > 0) await this.userRoles.delete({ userId: id, roleId: In(removed) });
      for (const roleId of added) {
        await this.userRoles.insert({ id: newId('uro'), userId: id, roleId, createdAt: this.clock.now() });
      }
    });
  }

  /** Returns whether anything changed. */
  private async setActive(id: string, isActive: boolean): Promise<boolean> {
    const user = await this.findChangeable(id);
    if (user.isActive === isActive) return false;
    await this.users.update({ id }, { isActive, version: () => 'version + 1', updatedAt: this.clock.now() });
    return true;
  }

  private async findChangeable(id: string): Promise<User> {
    const user = await this.users.findOneBy({ id });
    if (!user) throw usersErrors.problem('users.not_found');
    if (user.isErased) throw usersErrors.problem('users.erased');
    return user;
  }

  private async reveal(users: readonly User[]): Promise<UserResponse[]> {
    if (users.length === 0) return [];
    const ids = users.map((user) => user.id);
    const [roles, revealed] = await Promise.all([
      this.userRoles.findBy({ userId: In(ids) }),
      this.vault.reveal(users, ['email', 'name'], administration),
    ]);
    return users.map((user, index) => ({
      id: user.id,
      email: revealed[index]?.email ?? null,
      name: revealed[index]?.name ?? null,
      isActive: user.isActive,
      roles: roles
        .filter((row) => row.userId === user.id)
        .map((row) => row.roleId)
        .sort(),
      erasedAt: user.erasedAt?.toISOString() ?? null,
      version: user.version,
      createdAt: user.createdAt.toISOString(),
      updatedAt: user.updatedAt.toISOString(),
    }));
  }
}

const about = (id: string) => ({ resource: { type: 'user', id }, subject: id });
