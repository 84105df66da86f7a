import { spawn } from 'node:child_process';
import { text } from 'node:stream/consumers';
import { expect, it } from 'vitest';
import { freePort, testDatabase } from '#kernel/testing';
import { root } from '../support/rooms.js';
import { until } from '../support/until.js';

it('an API on a database without its migrations is not ready, and says what to do', async () => {
  const database = await testDatabase('sqlite');
  const port = await freePort();
  const child = spawn(process.execPath, ['dist/apps/api/src/main.js'], {
    cwd: root,
    env: {
      ...process.env,
      ...database.environment,
      NODE_ENV: 'development',
      MIGRATE_ON_START: 'false',
      BACKGROUND: 'off',
      HOST: '127.0.0.1',
      PORT: String(port),
    },
    stdio: ['ignore', 'pipe', 'ignore'],
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const printed = text(child.stdout);
  const answer = (path: string) => fetch(`http://127.0.0.1:${port}${path}`).catch(() => undefined);
  try {
    await until('the API to answer', () => answer('/health/live'), 60_000);
    expect((await answer('/health/ready'))?.status).toBe(503);
  } finally {
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    await database.remove();
  }
  expect(await printed).toContain('Run \\"steward migrate\\"');
});
