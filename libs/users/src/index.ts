/** Who has an account, what they are called, and what they may do: profiles, roles and permissions. */
export { UsersModule } from './users.module.js';
export { UsersService, type NewUser, type Profile } from './users.service.js';
export { DeclaredPermissions } from './declared-permissions.js';
export type { UserAccess } from './user-access.js';
export { ADMINISTRATOR, CUSTOMER, EVERY_PERMISSION } from './entities/role.entity.js';
export { UserCreated, UserDeactivated, UserErased, UserReactivated } from './users.events.js';
export { usersErrors } from './users.errors.js';
