import { PathParam } from '#kernel';

/** The keys of roles: ASCII, as their column. */
export const ROLE_KEY = /^[a-z][a-z0-9_]{1,39}$/;

/** The role that the path names. */
export const RoleKey = () =>
  PathParam('key', {
    pattern: ROLE_KEY,
    rule: 'must be the key of a role',
    description: 'The key of the role.',
    example: 'support',
  });
