import { statSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { bootTestModule, describeOnEveryServer, testDatabase } from '#kernel/testing';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import { Database } from './database.js';

describe('the database sources (sqlite)', () => {
  it('keep the file where only its owner may look', async () => {
    const database = await testDatabase('sqlite');
    const environment = { ...database.environment, DATA_DIR: join(database.dataDir, 'new') };
    const app = await bootTestModule({ dialect: 'sqlite', database, environment, nullPorts: true });
    const { mode } = statSync(join(database.dataDir, 'new'));
    await app.close();
    expect(mode & 0o777).toBe(0o700);
  });
});

describeOnEveryServer('the database sources', (dialect) => {
  it('are strict, whatever the server is set to', async () => {
    const app = await bootTestModule({ dialect, nullPorts: true });
    const mode = async () => {
      const [row] = await app.get(Database).query<{ mode: string }>('SELECT @@sql_mode AS mode');
      return row?.mode;
    };
    const modes = [
      await mode(),
      await app.get(UnitOfWork).run({ action: 'mode.read', recorded: false }, mode),
    ];
    await app.close();
    const strict = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION';
    expect(modes).toEqual([strict, strict]);
  });
});
