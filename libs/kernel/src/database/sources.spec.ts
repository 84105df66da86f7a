import { statSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BootedModule, bootTestModule, describeOnEveryDialect, testDatabase } from '#kernel/testing';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import { Database } from './database.js';

describeOnEveryDialect('the database sources', (dialect) => {
  let app: BootedModule;
  beforeAll(async () => {
    const database = await testDatabase(dialect);
    const environment = { ...database.environment, DATA_DIR: join(database.dataDir, 'new') };
    app = await bootTestModule({ dialect, database, environment, nullPorts: true });
  });
  afterAll(() => app.close());

  if (dialect === 'mariadb')
    it('are strict, whatever the server is set to', async () => {
      const database = app.get(Database);
      const mode = async () => (await database.query<{ mode: string }>('SELECT @@sql_mode AS mode'))[0]?.mode;
      const strict = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';
      expect(await mode()).toBe(strict);
      expect(await app.get(UnitOfWork).run({ action: 'mode.read', recorded: false }, mode)).toBe(strict);
    });
  else
    it('keep the file where only its owner may look', () => {
      const { mode } = statSync(join(app.database.dataDir, 'new'));
      expect(mode & 0o777).toBe(0o700);
    });
});
