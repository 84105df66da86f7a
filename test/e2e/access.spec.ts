import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEveryDialect } from '#kernel/testing';
import { type OpenApiDocument, routesOf } from '../support/openapi.js';
import { logInAsAdministrator, type Person, register } from '../support/people.js';
import { StewardProcess, unique } from '../support/steward-process.js';
import { inspect } from '../support/tables.js';

describeOnEveryDialect('the running API', (dialect) => {
  let steward: StewardProcess;
  let document: OpenApiDocument;
  let person: Person;

  beforeAll(async () => {
    steward = await StewardProcess.start({ dialect });
    document = (await (await fetch(`${steward.baseUrl}/openapi.json`)).json()) as OpenApiDocument;
    person = await register(steward);
  });

  afterAll(async () => {
    await steward?.stop();
  });

  it('answers 401 to a stranger on every route that is not public', async () => {
    for (const { method, path, operation } of routesOf(document)) {
      if (operation.security?.length === 0) continue;
      const response = await fetch(steward.baseUrl + withIds(path), { method });
      expect([operation.operationId, response.status]).toEqual([operation.operationId, 401]);
    }
  });

  it('answers 403 to a customer on every route that needs a permission', async () => {
    const headers = { authorization: `Bearer ${person.accessToken}` };
    for (const { method, path, operation } of routesOf(document)) {
      if (operation['x-permission'] === undefined) continue;
      const response = await fetch(steward.baseUrl + withIds(path), { method, headers });
      expect([operation.operationId, response.status]).toEqual([operation.operationId, 403]);
    }
  });

  it('lets a customer see their own payments only', async () => {
    const { data: payment } = await person.client.createPayment({
      body: { amount: 1999, currency: 'EUR', paymentMethod: 'pm_card_success' },
      headers: { 'Idempotency-Key': unique('key') },
      throwOnError: true,
    });
    const other = await register(steward);
    const refused = await other.client.getPayment({ path: { id: payment.id } });
    expect(refused.response?.status).toBe(404);
    const administrator = await logInAsAdministrator(steward);
    const seen = await administrator.getAnyPayment({ path: { id: payment.id }, throwOnError: true });
    expect(seen.data.amount).toBe(1999);
  });

  it('says on the record what administrators did something for', async () => {
    const someone = await register(steward);
    const { data: payment } = await someone.client.createPayment({
      body: { amount: 500, currency: 'EUR', paymentMethod: 'pm_card_success' },
      headers: { 'Idempotency-Key': unique('key') },
      throwOnError: true,
    });
    const administrator = await logInAsAdministrator(steward);
    await administrator.refundAnyPayment({
      path: { id: payment.id },
      body: {},
      headers: { 'Idempotency-Key': unique('key') },
      throwOnError: true,
    });
    await administrator.deactivateUser({ path: { id: someone.id }, throwOnError: true });
    const { data } = await administrator.listAuditEntries({
      query: { subject: someone.id },
      throwOnError: true,
    });
    const purposes = Object.fromEntries(data.items.map(({ action, purpose }) => [action, purpose]));
    expect(purposes).toMatchObject({
      'payment.create': null,
      'refund.create': 'payments.administration',
      'refund.settle': 'payments.administration',
      'user.deactivate': 'users.administration',
    });
  });

  it('ends a session at once: the access token of a person who logged out is dead', async () => {
    const someone = await register(steward);
    await someone.client.logOut({ throwOnError: true });
    expect((await someone.client.getMyProfile()).response?.status).toBe(401);
  });

  it('ends every session of a person who erased their account', async () => {
    const someone = await register(steward);
    await someone.client.eraseMyAccount({ throwOnError: true });
    expect((await someone.client.getMyProfile()).response?.status).toBe(401);
    const again = await steward
      .client()
      .logIn({ body: { email: someone.email, password: someone.password } });
    expect(again.response?.status).toBe(401);
  });

  it('lets no foreign key of the migrated schema change rows where no trigger sees it', async () => {
    const inspector = await inspect(steward.database);
    try {
      const rules = await inspector.query(
        dialect === 'sqlite'
          ? `SELECT m.name AS "table", f.on_delete AS onDelete, f.on_update AS onUpdate FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table'`
          : 'SELECT table_name AS `table`, delete_rule AS onDelete, update_rule AS onUpdate FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE()',
      );
      expect(rules.length).toBeGreaterThan(0);
      const silent = /^(CASCADE|SET NULL|SET DEFAULT)$/;
      expect(
        rules.filter(
          (rule) => silent.test(String(rule['onDelete'])) || silent.test(String(rule['onUpdate'])),
        ),
      ).toEqual([]);
    } finally {
      await inspector.close();
    }
  });

  it('stops in order when it is asked to', async () => {
    const second = await StewardProcess.start({ dialect });
    expect(await second.stop()).toBe(0);
  });
});

function withIds(path: string): string {
  return path.replace(/\{\w+\}/g, 'usr_01k4z0q8b6f7e9a2c3d4e5f6g7');
}
