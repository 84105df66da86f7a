import { Module } from '@nestjs/common';
import { feature } from '#kernel';
import { AdminRolesController } from './admin-roles.controller.js';
import { AdminUsersController } from './admin-users.controller.js';
import { Administrators } from './administrators.js';
import { DeclaredPermissions } from './declared-permissions.js';
import { Role } from './entities/role.entity.js';
import { RoleLock } from './entities/role-lock.entity.js';
import { UserRole } from './entities/user-role.entity.js';
import { User } from './entities/user.entity.js';
import { ErasureOfUser } from './erasure-of-user.js';
import { CreateUsers1700000005000 } from './migrations/1700000005000-create-users.js';
import { InsertDefaultRoles1700000005001 } from './migrations/1700000005001-insert-default-roles.js';
import { CreateRoleLock1700000005002 } from './migrations/1700000005002-create-role-lock.js';
import { ProfileController } from './profile.controller.js';
import { RolesService } from './roles.service.js';
import { UserAccessReader } from './user-access.js';
import { UserAdministration } from './user-administration.service.js';
import { usersErrors } from './users.errors.js';
import { UserCreated, UserDeactivated, UserErased, UserReactivated } from './users.events.js';
import { usersPermissions } from './users.permissions.js';
import { usersPurposes } from './users.purposes.js';
import { UsersService } from './users.service.js';

/** Accounts, profiles, roles and permissions. */
@Module({
  imports: [
    feature({
      name: 'users',
      entities: [User, Role, UserRole, RoleLock],
      migrations: [CreateUsers1700000005000, InsertDefaultRoles1700000005001, CreateRoleLock1700000005002],
      errors: usersErrors,
      permissions: usersPermissions,
      purposes: usersPurposes,
      events: [UserCreated, UserDeactivated, UserReactivated, UserErased],
      problems: { eraseMyAccount: ['users.last_administrator'] },
    }),
  ],
  controllers: [ProfileController, AdminUsersController, AdminRolesController],
  providers: [
    UsersService,
    UserAccessReader,
    UserAdministration,
    RolesService,
    Administrators,
    DeclaredPermissions,
    ErasureOfUser,
  ],
  exports: [UsersService, DeclaredPermissions],
})
export class UsersModule {}
