import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import { ADMINISTRATOR } from './entities/role.entity.js';
import { RolesService } from './roles.service.js';
import { bootUsers, type UsersApp } from './testing/index.js';

const SUPPORT = {
  key: 'support',
  name: 'Support',
  description: 'Answers customers.',
  permissions: ['users.read'],
};

describeOnEveryDialect('roles', (dialect) => {
  let app: UsersApp;
  let roles: RolesService;
  let administrator: string;

  beforeAll(async () => {
    app = await bootUsers(dialect);
    roles = app.get(RolesService);
    administrator = await app.add('root@example.com', [ADMINISTRATOR]);
  });

  afterAll(() => app.close());

  it('come with four to begin with', async () => {
    expect((await roles.list()).map((role) => role.id)).toEqual([
      'administrator',
      'auditor',
      'customer',
      'data_protection_officer',
    ]);
  });

  it('are created, changed and deleted, and hold at once', async () => {
    await app.as(administrator, async () => {
      await roles.create(SUPPORT);
      await expect(roles.create(SUPPORT)).rejects.toMatchObject({ code: 'users.role_exists' });
      const id = await app.add('agent@example.com', ['support']);
      expect((await app.users.findAccess(id))?.permissions).toEqual(new Set(['users.read']));
      const changed = await roles.update('support', {
        ...SUPPORT,
        permissions: ['users.deactivate'],
        version: 1,
      });
      expect(changed).toMatchObject({ permissions: ['users.deactivate'], version: 2 });
      expect((await app.users.findAccess(id))?.permissions).toEqual(new Set(['users.deactivate']));
      await expect(roles.update('support', { ...SUPPORT, version: 1 })).rejects.toMatchObject({
        code: 'users.version_conflict',
      });
      await expect(roles.delete('support')).rejects.toMatchObject({ code: 'users.role_in_use' });
      await roles.create({ ...SUPPORT, key: 'unused' });
      await roles.delete('unused');
      await expect(roles.get('unused')).rejects.toMatchObject({ code: 'users.role_not_found' });
    });
  });

  it('hold only permissions that a room declares', async () => {
    await app.as(administrator, async () => {
      const attempt = (permissions: string[]) => roles.create({ ...SUPPORT, key: 'invented', permissions });
      await expect(attempt(['users.fly'])).rejects.toMatchObject({ code: 'users.permission_unknown' });
      await expect(attempt(['*'])).rejects.toMatchObject({ code: 'users.permission_unknown' });
    });
  });

  it('cannot be given what their author does not hold', async () => {
    const attempt = () => roles.create({ ...SUPPORT, key: 'ladder', permissions: ['users.deactivate'] });
    await expect(app.as(administrator, attempt, ['users.manage_roles'])).rejects.toMatchObject({
      code: 'users.permission_not_held',
    });
  });

  it('cannot lose what the one who changes them does not hold', async () => {
    const change = (permissions: string[]) =>
      app.as(administrator, () => roles.update('auditor', { ...SUPPORT, permissions }), [
        'users.manage_roles',
      ]);
    const { permissions } = await roles.get('auditor');
    await expect(change([])).rejects.toMatchObject({ code: 'users.permission_not_held' });
    expect((await roles.get('auditor')).permissions).toEqual(permissions);
    await expect(change(permissions)).resolves.toMatchObject({ name: 'Support' });
  });

  it('leave the administrator whole', async () => {
    await app.as(administrator, async () => {
      await expect(roles.update(ADMINISTRATOR, { ...SUPPORT, permissions: [] })).rejects.toMatchObject({
        code: 'users.role_built_in',
      });
      await expect(roles.delete(ADMINISTRATOR)).rejects.toMatchObject({ code: 'users.role_built_in' });
      await expect(roles.delete('customer')).rejects.toMatchObject({ code: 'users.role_built_in' });
    });
  });
});
