import { createConnection } from 'mysql2/promise';
import { expect, inject, it } from 'vitest';
import { bootTestModule, describeOnEveryServer, testDatabase } from '../testing/index.js';

describeOnEveryServer('database rights in production', (dialect) => {
  it('refuses to boot with a user who could switch off the capture, and boots with one who could not', async () => {
    const database = await testDatabase(dialect);
    const production = { NODE_ENV: 'production', MIGRATE_ON_START: 'false' };
    const boot = (url: string) =>
      bootTestModule({
        dialect,
        nullPorts: true,
        database,
        environment: { ...production, DATABASE_URL: url, DATABASE_MIGRATION_URL: database.url ?? '' },
      });
    await expect(boot(database.url ?? '')).rejects.toThrow(
      /holds (ALL PRIVILEGES|DROP, ALTER, TRIGGER, SUPER)\..*DATABASE_MIGRATION_URL/s,
    );

    const root = await createConnection(inject('testServers')[dialect] ?? '');
    const name = (database.url ?? '').split('/').pop() ?? '';
    await root.query(`CREATE USER 'app_${name}'@'%' IDENTIFIED BY 'pw'`);
    await root.query(`GRANT SELECT, INSERT, UPDATE, DELETE ON ${name}.* TO 'app_${name}'@'%'`);
    await root.end();
    const url = (database.url ?? '').replace('root@', `app_${name}:pw@`);
    const app = await boot(url);
    await app.close();
  });
});
