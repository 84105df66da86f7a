import { spawnSync } from 'node:child_process';
import { afterEach, expect, it } from 'vitest';
import { root } from '../support/rooms.js';
import { StewardProcess } from '../support/steward-process.js';
import { until } from '../support/until.js';

let steward: StewardProcess;
afterEach(() => steward.stop());

it('an API on a database without its migrations refuses requests, and serves them once it is migrated', async () => {
  steward = await StewardProcess.start({
    dialect: 'sqlite',
    until: 'live',
    environment: { MIGRATE_ON_START: 'false' },
  });
  const get = (path: string) => fetch(steward.baseUrl + path);
  const ready = await get('/health/ready');
  expect([ready.status, await ready.json()]).toMatchObject([503, { checks: { migrations: 'failed' } }]);
  const refused = await get('/v1/log/key');
  expect([refused.status, await refused.json()]).toMatchObject([503, { code: 'kernel.unavailable' }]);
  await until('the log to say so', () => steward.printed.includes('Run \\"steward migrate\\"') || undefined);

  const migrate = spawnSync(process.execPath, ['dist/apps/cli/src/main.js', 'migrate'], {
    cwd: root,
    env: { ...process.env, ...steward.database.environment, NODE_ENV: 'development' },
  });
  expect(migrate.status).toBe(0);
  for (const path of ['/v1/log/key', '/health/ready', '/v1/log/checkpoint'])
    await until(`${path} to be answered`, async () => ((await get(path)).ok ? true : undefined), 60_000);
  // No background work was tried before.
  await steward.stop();
  expect(steward.printed).not.toMatch(/Steward is ready|"stack"|no such table/);
});
