import 'reflect-metadata';
import { Module } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Column, Entity, type MigrationInterface, type QueryRunner, type Repository } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Authenticator,
  IdColumn,
  KernelModule,
  Migrator,
  PersonalData,
  Sealed,
  Secret,
  UnitOfWork,
  columns,
  createHttpApp,
  createTable,
  feature,
  newId,
  repositoryToken,
  type Principal,
} from '#kernel';
import { bindGlobally, nullPorts, testDatabase, type TestDatabase } from '#kernel/testing';
import { RevealRecorder, Vault, VaultModule, type Reveal } from '#vault';
import { PrivacyModule } from './privacy.module.js';

@Entity('guest')
class Guest {
  @IdColumn() id: string;
  @PersonalData({ id: 'guests.name', subject: 'id', retention: 'account', label: 'Name' })
  name: Sealed<string>;
  @Secret() @Column({ type: 'varchar', length: 100 }) pin: string;
}

class CreateGuest1700000099200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'guest', [
      columns.id(),
      columns.sealed('name'),
      columns.secret('pin', { length: 100 }),
    ]);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('guest');
  }
}

/** Takes the user and the permissions from the request's own words. */
class TrustingAuthenticator extends Authenticator {
  async authenticate({
    headers,
  }: Parameters<Authenticator['authenticate']>[0]): Promise<Principal | undefined> {
    const id = headers['x-user'];
    if (typeof id !== 'string') return undefined;
    return { kind: 'user', id, permissions: new Set([String(headers['x-permission'])]) };
  }
}

const reveals: Reveal[] = [];

@Module({
  imports: [
    feature({
      name: 'guests',
      entities: [Guest],
      migrations: [CreateGuest1700000099200],
      purposes: { 'guests.greeting': { description: 'Greeting guests', legalBasis: 'contract' } },
    }),
    bindGlobally(
      nullPorts.recorder,
      nullPorts.schemaGuard,
      { provide: Authenticator, useClass: TrustingAuthenticator },
      {
        provide: RevealRecorder,
        useValue: { recordReveal: async (reveal: Reveal) => void reveals.push(reveal) },
      },
    ),
    VaultModule,
    PrivacyModule,
  ],
})
class Rooms {}

describe('the privacy routes', () => {
  let database: TestDatabase;
  let app: NestFastifyApplication;
  const ada = newId('usr');
  const call = (method: 'GET' | 'POST', url: string, headers: Record<string, string> = { 'x-user': ada }) =>
    app.inject({ method, url, headers });

  beforeAll(async () => {
    database = await testDatabase('sqlite');
    const environment = { ...database.environment, LOG_LEVEL: 'silent' };
    @Module({ imports: [KernelModule.forRoot({ background: false, environment }), Rooms] })
    class Application {}
    app = await createHttpApp(Application, { environment, shutdownHooks: false });
    await app.get(Migrator, { strict: false }).migrate();
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
    const vault = app.get(Vault, { strict: false });
    await vault.prepare([ada]);
    const guest = vault.seal(Object.assign(new Guest(), { id: ada, pin: '1815' }), { name: 'Ada Lovelace' });
    const guests = app.get<Repository<Guest>>(repositoryToken(Guest), { strict: false });
    await app.get(UnitOfWork, { strict: false }).run({ action: 'guest.add' }, () => guests.insert(guest));
  });
  afterAll(async () => {
    await app.close();
    await database.remove();
  });

  it('stream my data as a JSON file, as my own reading', async () => {
    const response = await call('GET', '/v1/users/me/export');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toContain('application/json');
    expect(response.headers['content-disposition']).toContain('attachment');
    expect(response.json()).toMatchObject({
      subject: ada,
      categories: [{ category: 'guest', records: [{ id: ada, name: 'Ada Lovelace' }] }],
    });
    expect(response.body).not.toContain('1815');
    expect(reveals).toEqual([]);
  });

  it('answer nobody who is not logged in', async () => {
    expect((await call('GET', '/v1/users/me/export', {})).statusCode).toBe(401);
    expect((await call('POST', '/v1/users/me/erasure', {})).statusCode).toBe(401);
    expect((await call('GET', '/v1/admin/privacy/register', {})).statusCode).toBe(401);
  });

  it('show the register to those who may read it', async () => {
    expect((await call('GET', '/v1/admin/privacy/register')).statusCode).toBe(403);
    const headers = { 'x-user': ada, 'x-permission': 'privacy.read' };
    const response = await call('GET', '/v1/admin/privacy/register', headers);
    const { activities } = response.json<{ activities: { room: string }[] }>();
    expect(activities.find(({ room }) => room === 'guests')).toEqual({
      room: 'guests',
      purposes: [{ purpose: 'guests.greeting', description: 'Greeting guests', legalBasis: 'contract' }],
      data: [
        {
          id: 'guests.name',
          label: 'Name',
          table: 'guest',
          column: 'name',
          retention: 'account',
          kept: 'Until the account is erased',
          isSearchable: false,
        },
      ],
    });
  });

  it('erase me, and say by when and what stays', async () => {
    const response = await call('POST', '/v1/users/me/erasure');
    expect(response.statusCode).toBe(200);
    const first = response.json<{ effectiveBy: string; retained: unknown[] }>();
    expect(Date.parse(first.effectiveBy)).toBeGreaterThan(Date.now());
    expect((await call('POST', '/v1/users/me/erasure')).json()).toEqual(first);
    const after = (await call('GET', '/v1/users/me/export')).json<{ categories: unknown[] }>();
    expect(after.categories).toMatchObject([{ records: [{ id: ada, name: null }] }]);
  });
});
