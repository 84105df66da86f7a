import 'reflect-metadata';
import { connect, type AddressInfo } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { Module } from '@nestjs/common';
import { Column, Entity, type MigrationInterface, type QueryRunner, type Repository } from 'typeorm';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import {
  Authenticator,
  IdColumn,
  PersonalData,
  RefColumn,
  Sealed,
  Secret,
  UnitOfWork,
  columns,
  createTable,
  feature,
  newId,
  repositoryToken,
  type Principal,
} from '#kernel';
import { type BootedHttp, bindGlobally, bootTestHttp, nullPorts } from '#kernel/testing';
import { RevealRecorder, Vault, VaultModule, type Reveal } from '#vault';
import { PrivacyModule } from './privacy.module.js';

@Entity('guest')
class Guest {
  @IdColumn() id: string;
  @RefColumn() ownerId: string;
  @PersonalData({ id: 'guests.name', subject: 'ownerId', retention: 'account', label: 'Name' })
  name: Sealed<string>;
  @Secret() @Column({ type: 'varchar', length: 100 }) pin: string;
}

class CreateGuest1700000099200 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'guest', [
      columns.id(),
      columns.ref('owner_id'),
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
    const permissions = new Set([String(headers['x-permission'])]);
    return { kind: 'user', id, loggedInAt: new Date(), permissions };
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
    bindGlobally({
      provide: RevealRecorder,
      useValue: { recordReveal: async (reveal: Reveal) => void reveals.push(reveal) },
    }),
    VaultModule,
    PrivacyModule,
  ],
})
class Rooms {}

describe('the privacy routes', () => {
  let http: BootedHttp;
  const ada = newId('usr');
  const call = (method: 'GET' | 'POST', url: string, headers: Record<string, string> = { 'x-user': ada }) =>
    http.inject({ method, url, headers });

  beforeAll(async () => {
    const authenticator = { provide: Authenticator, useClass: TrustingAuthenticator };
    http = await bootTestHttp({
      imports: [Rooms, bindGlobally(nullPorts.recorder, nullPorts.schemaGuard, authenticator)],
    });
    await addGuests(ada, 'Ada Lovelace', 1);
  });
  afterAll(() => http.close());

  async function addGuests(ownerId: string, name: string, count: number): Promise<void> {
    const vault = http.app.get(Vault, { strict: false });
    await vault.prepare([ownerId]);
    const rows = Array.from({ length: count }, () =>
      vault.seal(Object.assign(new Guest(), { id: newId('gst'), ownerId, pin: '1815' }), { name }),
    );
    const guests = http.app.get<Repository<Guest>>(repositoryToken(Guest), { strict: false });
    await http.app.get(UnitOfWork, { strict: false }).run({ action: 'guest.add' }, () => guests.insert(rows));
  }

  it('stream my data as a JSON file, as my own reading', async () => {
    const response = await call('GET', '/v1/users/me/export');
    expect(response.statusCode).toBe(200);
    expect(response.headers['content-type']).toContain('application/json');
    expect(response.headers['content-disposition']).toContain('attachment');
    expect(response.json()).toMatchObject({
      subject: ada,
      categories: [{ category: 'guest', records: [{ ownerId: ada, name: 'Ada Lovelace' }] }],
    });
    expect(response.body).not.toContain('1815');
    expect(reveals).toEqual([]);
  });

  it('read each export as its own reader, also when requests of several people share a connection', async () => {
    const readers = [newId('usr'), newId('usr'), newId('usr')];
    for (const reader of readers) await addGuests(reader, 'x'.repeat(500), 1400);
    reveals.length = 0;
    const answers = await pipelined(http, readers);
    expect(answers.match(/HTTP\/1.1 200/g)).toHaveLength(readers.length);
    expect(answers.length).toBeGreaterThan(readers.length * 1400 * 500);
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
    expect(after.categories).toMatchObject([{ records: [{ ownerId: ada, name: null }] }]);
  });
});

/** Sends one request after another without waiting for answers, and reads slowly. */
async function pipelined({ app }: BootedHttp, readers: readonly string[]): Promise<string> {
  await app.listen(0, '127.0.0.1');
  const { port } = app.getHttpServer().address() as AddressInfo;
  const socket = connect(port, '127.0.0.1');
  readers.forEach((reader, index) => {
    const connection = index === readers.length - 1 ? 'close' : 'keep-alive';
    socket.write(
      `GET /v1/users/me/export HTTP/1.1\r\nHost: x\r\nX-User: ${reader}\r\nConnection: ${connection}\r\n\r\n`,
    );
  });
  let text = '';
  for await (const chunk of socket) {
    text += String(chunk);
    await setImmediate();
  }
  return text;
}
