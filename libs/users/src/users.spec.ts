import { afterAll, beforeAll, expect, it } from 'vitest';
import { newId } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { ADMINISTRATOR, CUSTOMER } from './entities/role.entity.js';
import { bootUsers, type UsersApp } from './testing/index.js';
import { UserAdministration } from './user-administration.service.js';

describeOnEveryDialect('users', (dialect) => {
  let app: UsersApp;
  let administration: UserAdministration;
  let administrator: string;

  beforeAll(async () => {
    app = await bootUsers(dialect);
    administration = app.get(UserAdministration);
    administrator = await app.add('root@example.com', [ADMINISTRATOR]);
  });

  afterAll(() => app.close());

  it('finds an account by its address, however it is written', async () => {
    const id = await app.add('  Grace.Hopper@Example.com ');
    for (const spelling of [
      'grace.hopper@example.com',
      'GRACE.HOPPER@EXAMPLE.COM ',
      'ｇrace.hopper@example.com',
    ]) {
      expect(await app.users.findByEmail(spelling)).toEqual({ id });
    }
    expect(await app.users.findByEmail('grace@example.com')).toBeUndefined();
    expect((await app.as(id, () => app.users.getProfile(id))).email).toBe('Grace.Hopper@Example.com');
  });

  it('creates one account of two with the same address at the same moment', async () => {
    const results = await Promise.allSettled([app.add('race@example.com'), app.add('Race@example.com')]);
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    const rejected = results.find((result) => result.status === 'rejected');
    expect(rejected?.reason).toMatchObject({ code: 'users.email_taken' });
  });

  it('reads activity and the permissions of all roles in one query', async () => {
    const id = await app.add('access@example.com', [CUSTOMER, 'auditor']);
    const access = await app.users.findAccess(id);
    expect(access?.isActive).toBe(true);
    expect(access?.permissions).toContain('users.read');
    expect(access?.permissions).toContain('ledger.read');
    expect(access?.permissions).not.toContain('users.manage_roles');
    expect(await app.users.findAccess(newId('usr'))).toBeUndefined();
    expect((await app.users.findAccess(await app.add('no-role@example.com', [])))?.permissions.size).toBe(0);
  });

  it('gives the administrator every declared permission', async () => {
    const access = await app.users.findAccess(administrator);
    expect(access?.permissions).toContain('users.manage_roles');
    expect(access?.permissions.size).toBeGreaterThanOrEqual(5);
  });

  it('does not overwrite a change that the writer has not seen', async () => {
    const id = await app.add('optimistic@example.com');
    await app.as(id, async () => {
      await app.users.rename(id, 'Countess', 1);
      await expect(app.users.rename(id, 'Ada again', 1)).rejects.toMatchObject({
        code: 'users.version_conflict',
      });
      await app.users.rename(id, 'Augusta');
      expect(await app.users.getProfile(id)).toMatchObject({ name: 'Augusta', version: 3 });
    });
  });

  it('puts it on the record when an administrator reads an account, and not when its owner does', async () => {
    const id = await app.add('watched@example.com');
    const before = app.reveals.reveals.length;
    await app.as(id, () => app.users.getProfile(id));
    expect(app.reveals.reveals).toHaveLength(before);
    const seen = await app.as(administrator, () => administration.get(id));
    expect(seen).toMatchObject({
      email: 'watched@example.com',
      name: 'Ada',
      isActive: true,
      roles: [CUSTOMER],
    });
    expect(app.reveals.reveals.at(-1)).toEqual({
      purpose: 'users.administration',
      subjects: [id],
      fields: ['users.email', 'users.name'],
    });
  });

  it('lists accounts by page, or the one with an address', async () => {
    const id = await app.add('needle@example.com');
    await app.as(administrator, async () => {
      const first = await administration.list({ limit: 2 });
      expect(first.items).toHaveLength(2);
      const next = await administration.list({ limit: 2, cursor: first.nextCursor ?? '' });
      expect(next.items.map((user) => user.id)).not.toContain(first.items[0]?.id);
      const found = await administration.list({ limit: 20, email: 'Needle@example.com' });
      expect(found.items.map((user) => user.id)).toEqual([id]);
      expect(await administration.list({ limit: 20, email: 'hay@example.com' })).toEqual({
        items: [],
        nextCursor: null,
      });
    });
  });

  it('deactivates and reactivates, twice like once', async () => {
    const id = await app.add('sleeper@example.com');
    const isActive = async () => (await app.users.findAccess(id))?.isActive;
    await app.as(administrator, async () => {
      await administration.deactivate(id);
      await administration.deactivate(id);
      expect(await isActive()).toBe(false);
      await administration.reactivate(id);
      expect(await isActive()).toBe(true);
      await expect(administration.deactivate(newId('usr'))).rejects.toMatchObject({
        code: 'users.not_found',
      });
    });
  });

  it('sets roles, and refuses those that do not exist', async () => {
    const id = await app.add('roles@example.com');
    await app.as(administrator, async () => {
      await administration.setRoles(id, ['auditor']);
      expect((await administration.get(id)).roles).toEqual(['auditor']);
      await expect(administration.setRoles(id, ['emperor'])).rejects.toMatchObject({
        code: 'users.role_unknown',
      });
    });
  });

  it('writes no role when only those who hold it change', async () => {
    const roles = () => app.data.query('SELECT * FROM role');
    const before = await roles();
    const id = await app.add('unwritten@example.com');
    await app.as(administrator, async () => {
      await administration.setRoles(id, ['auditor', ADMINISTRATOR]);
      await administration.setRoles(id, ['auditor']);
      await administration.deactivate(id);
    });
    expect(await roles()).toEqual(before);
  });

  it('lets nobody give or take what they do not hold themselves', async () => {
    const id = await app.add('climber@example.com');
    const held = ['users.assign_roles'];
    const attempt = (roles: string[], target = id) =>
      app.as(id, () => administration.setRoles(target, roles), held);
    await expect(attempt([CUSTOMER, ADMINISTRATOR])).rejects.toMatchObject({
      code: 'users.permission_not_held',
    });
    await expect(attempt([], administrator)).rejects.toMatchObject({ code: 'users.permission_not_held' });
  });
});

describeOnEveryDialect('the last administrator', (dialect) => {
  let app: UsersApp;
  let administration: UserAdministration;

  beforeAll(async () => {
    app = await bootUsers(dialect);
    administration = app.get(UserAdministration);
  });

  afterAll(() => app.close());

  const administrators = () =>
    app.data.query<{ id: string }>(
      `SELECT u.id AS id FROM user u JOIN user_role r ON r.user_id = u.id WHERE r.role_id = 'administrator' AND u.is_active = 1`,
    );

  it('can be neither deactivated nor stripped of the role', async () => {
    const only = await app.add('only@example.com', [ADMINISTRATOR]);
    await app.as(only, async () => {
      await expect(administration.deactivate(only)).rejects.toMatchObject({
        code: 'users.last_administrator',
      });
      await expect(administration.setRoles(only, [])).rejects.toMatchObject({
        code: 'users.last_administrator',
      });
    });
    expect(await administrators()).toEqual([{ id: only }]);
  });

  it.each([1, 2, 3, 4, 5])('stays when two remove each other at the same moment (try %i)', async (round) => {
    const [present] = await administrators();
    const other = await app.add(`other-${round}@example.com`, [ADMINISTRATOR]);
    const results = await app.as(other, () =>
      Promise.allSettled([
        administration.deactivate(present?.id ?? ''),
        round % 2 === 0 ? administration.setRoles(other, []) : administration.deactivate(other),
      ]),
    );
    expect(results.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(await administrators()).toHaveLength(1);
  });
});
