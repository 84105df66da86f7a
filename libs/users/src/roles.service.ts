import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Clock, InjectRepository, RequestContext, UnitOfWork, type Principal } from '#kernel';
import { Administrators } from './administrators.js';
import { DeclaredPermissions } from './declared-permissions.js';
import type { CreateRoleRequest, UpdateRoleRequest } from './dto/role.dto.js';
import { EVERY_PERMISSION, Role } from './entities/role.entity.js';
import { UserRole } from './entities/user-role.entity.js';
import { usersErrors } from './users.errors.js';

/** Roles as administrators edit them. A change holds from the next request of everyone who has the role. */
@Injectable()
export class RolesService {
  constructor(
    @InjectRepository(Role) private readonly roles: Repository<Role>,
    @InjectRepository(UserRole) private readonly userRoles: Repository<UserRole>,
    private readonly units: UnitOfWork,
    private readonly administrators: Administrators,
    private readonly permissions: DeclaredPermissions,
    private readonly context: RequestContext,
    private readonly clock: Clock,
  ) {}

  list(): Promise<Role[]> {
    return this.roles.find({ order: { id: 'ASC' } });
  }

  /** Throws `users.role_not_found`. */
  async get(id: string): Promise<Role> {
    const role = await this.roles.findOneBy({ id });
    if (!role) throw usersErrors.problem('users.role_not_found');
    return role;
  }

  /** Throws `users.role_exists`, `users.permission_unknown`, `users.permission_not_held`. */
  async create({ key, name, description, permissions }: CreateRoleRequest): Promise<Role> {
    return this.units.run({ action: 'role.create', resource: { type: 'role', id: key } }, async () => {
      await this.administrators.lock();
      this.assertGrantable(permissions);
      if (await this.roles.existsBy({ id: key })) throw usersErrors.problem('users.role_exists');
      const now = this.clock.now();
      const role = this.roles.create({
        id: key,
        name,
        description,
        permissions: [...permissions].sort(),
        isBuiltIn: false,
        version: 1,
        createdAt: now,
        updatedAt: now,
      });
      await this.roles.insert(role);
      return role;
    });
  }

  /**
   * Nobody gives or takes what they could not do themselves. Throws `users.role_not_found`,
   * `users.role_built_in`, `users.version_conflict` and what {@link create} throws of permissions.
   */
  async update(id: string, { name, description, permissions, version }: UpdateRoleRequest): Promise<Role> {
    return this.units.run({ action: 'role.update', resource: { type: 'role', id } }, async () => {
      await this.administrators.lock();
      const role = await this.get(id);
      if (role.isAdministrator) throw usersErrors.problem('users.role_built_in');
      if (version !== undefined && version !== role.version)
        throw usersErrors.problem('users.version_conflict');
      this.assertGrantable(permissions.filter((permission) => !role.permissions.includes(permission)));
      const removed = role.permissions.filter((permission) => !permissions.includes(permission));
      this.assertHeld(removed, this.context.principal);
      const change = {
        name,
        description,
        permissions: [...permissions].sort(),
        version: role.version + 1,
        updatedAt: this.clock.now(),
      };
      await this.roles.update({ id }, change);
      return Object.assign(role, change);
    });
  }

  /** Throws `users.role_not_found`, `users.role_built_in`, `users.role_in_use`. */
  async delete(id: string): Promise<void> {
    await this.units.run({ action: 'role.delete', resource: { type: 'role', id } }, async () => {
      await this.administrators.lock();
      const role = await this.get(id);
      if (role.isBuiltIn) throw usersErrors.problem('users.role_built_in');
      if (await this.userRoles.existsBy({ roleId: id })) throw usersErrors.problem('users.role_in_use');
      await this.roles.delete({ id });
    });
  }

  /** Throws `users.permission_not_held` unless the principal may do all of this themselves. */
  assertHeld(permissions: readonly string[], principal: Principal): void {
    if (principal.kind === 'system') return;
    const meant = permissions.includes(EVERY_PERMISSION) ? [...this.permissions.all] : permissions;
    if (
      meant.some(
        (permission) => this.permissions.all.has(permission) && !principal.permissions.has(permission),
      )
    ) {
      throw usersErrors.problem('users.permission_not_held');
    }
  }

  private assertGrantable(permissions: readonly string[]): void {
    const unknown = permissions.filter((permission) => !this.permissions.all.has(permission));
    if (unknown.length > 0) {
      throw usersErrors.problem('users.permission_unknown', {
        errors: unknown.map((permission) => ({
          pointer: '/permissions',
          detail: `${permission} is not declared`,
        })),
      });
    }
    this.assertHeld(permissions, this.context.principal);
  }
}
