import { randomBytes } from 'node:crypto';
import { type Connection, createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, inject, it } from 'vitest';
import { bootTestModule, describeOnEveryServer, type TestDatabase, testDatabase } from '../testing/index.js';

describeOnEveryServer('database rights in production', (dialect) => {
  let database: TestDatabase;
  let root: Connection;
  const made: string[] = [];

  beforeAll(async () => {
    database = await testDatabase(dialect);
    root = await createConnection(inject('testServers')[dialect] ?? '');
  });
  afterAll(async () => {
    for (const name of made) await root.query(`DROP ${name}`);
    await root.end();
    await database.remove();
  });

  const schema = () => new URL(database.url ?? '').pathname.slice(1);
  const nameFor = (what: string) => `'${what}_${randomBytes(4).toString('hex')}'`;
  /** Makes a user with these rights in the schema, and gives the address under which it comes. */
  const userWith = async (rights: string) => {
    const name = nameFor('app');
    made.push(`USER ${name}@'%'`);
    await root.query(`CREATE USER ${name}@'%' IDENTIFIED BY 'pw'`);
    await root.query(`GRANT ${rights} ON ${schema()}.* TO ${name}@'%'`);
    const url = new URL(database.url ?? '');
    url.username = name.replaceAll("'", '');
    url.password = 'pw';
    return { name, url: url.href };
  };
  const boot = async (url: string) => {
    const app = await bootTestModule({
      dialect,
      nullPorts: true,
      database,
      environment: {
        NODE_ENV: 'production',
        APP_URL: 'https://shop.example',
        MAIL_FROM: 'no-reply@shop.example',
        MAIL_URL: 'file:',
        MIGRATE_ON_START: 'false',
        DATABASE_URL: url,
        DATABASE_MIGRATION_URL: database.url ?? '',
      },
    });
    await app.close({ keepDatabase: true });
  };

  it('let a user boot who may read and write rows, and do as it pleases in other schemas', async () => {
    const { name, url } = await userWith('SELECT, INSERT, UPDATE, DELETE');
    await root.query(`GRANT ALL ON \`other\\_%\`.* TO ${name}@'%'`);
    await boot(url);
  });

  it('stop one whose rights are those of schemas with such names', async () => {
    const { name, url } = await userWith('SELECT');
    await root.query(`GRANT DROP ON \`steward\\_%\`.* TO ${name}@'%'`);
    await expect(boot(url)).rejects.toThrow('holds DROP.');
  });

  it('stop one who could switch off the capture', async () => {
    await expect(boot(database.url ?? '')).rejects.toThrow(
      /holds (ALL PRIVILEGES|DROP, ALTER, TRIGGER, SUPER)\..*DATABASE_MIGRATION_URL/s,
    );
    await expect(boot((await userWith('SELECT, TRIGGER')).url)).rejects.toThrow('holds TRIGGER.');
  });

  it('stop one who could take on a role', async () => {
    const { name, url } = await userWith('SELECT');
    const role = nameFor('role');
    made.push(`ROLE ${role}`);
    await root.query(`CREATE ROLE ${role}`);
    await root.query(`GRANT ALTER ON ${schema()}.* TO ${role}`);
    await root.query(`GRANT ${role} TO ${name}@'%'`);
    await expect(boot(url)).rejects.toThrow(/holds a role \(`role_\w+`/);
  });
});
