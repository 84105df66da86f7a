import { definePermissions } from '#kernel';

export const usersPermissions = definePermissions('users', {
  'users.read': 'List and view accounts',
  'users.deactivate': 'Deactivate and reactivate accounts',
  'users.assign_roles': 'Say which roles an account holds',
  'users.read_roles': 'List roles and the permissions that exist',
  'users.manage_roles': 'Create, change and delete roles',
});
