import { defineErrors } from '#kernel';

export const usersErrors = defineErrors('users', {
  'users.not_found': {
    status: 404,
    title: 'User not found',
    detail: 'There is no account with this id. Check the id.',
  },
  'users.version_conflict': {
    status: 409,
    title: 'Changed by someone else',
    detail: 'The version you sent is not the current one. Read again and repeat your change.',
  },
  'users.email_taken': {
    status: 409,
    title: 'An account with this address exists',
    detail: 'This address already belongs to an account. Log in, or reset the password.',
  },
  'users.erased': {
    status: 409,
    title: 'The account was erased',
    detail: 'An erased account can be viewed, and not changed any more.',
  },
  'users.role_not_found': { status: 404, title: 'Role not found', detail: 'There is no role with this key.' },
  'users.role_exists': {
    status: 409,
    title: 'Role exists',
    detail: 'A role with this key exists already. Choose another key.',
  },
  'users.role_unknown': {
    status: 422,
    title: 'Unknown role',
    detail: 'At least one of the roles does not exist. List the roles to see the keys.',
  },
  'users.role_built_in': {
    status: 409,
    title: 'Built-in role',
    detail: 'Built-in roles cannot be deleted, and the administrator keeps every permission.',
  },
  'users.role_in_use': {
    status: 409,
    title: 'Role in use',
    detail: 'Accounts still hold this role. Take it away from them first.',
  },
  'users.permission_unknown': {
    status: 422,
    title: 'Unknown permission',
    detail:
      'At least one of the permissions is not declared by any module. List the permissions to see them.',
  },
  'users.permission_not_held': {
    status: 403,
    title: 'Permission not held',
    detail: 'Nobody can hand out a permission that they do not hold themselves.',
  },
  'users.last_administrator': {
    status: 409,
    title: 'Last administrator',
    detail: 'This would leave no active administrator. Make someone else administrator first.',
  },
});
