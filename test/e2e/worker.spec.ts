import { spawn } from 'node:child_process';
import { expect, it } from 'vitest';
import { freePort, testDatabase } from '#kernel/testing';
import { root } from '../support/rooms.js';
import { until } from '../support/until.js';

it('a worker answers for its health and metrics where it is told to, and for nothing else', async () => {
  const database = await testDatabase('sqlite');
  const port = await freePort();
  const token = 'scraper-0123456789abcdef';
  const child = spawn(process.execPath, ['dist/apps/worker/src/main.js'], {
    cwd: root,
    env: {
      ...process.env,
      ...database.environment,
      NODE_ENV: 'development',
      LOG_LEVEL: 'warn',
      HOST: '127.0.0.1',
      WORKER_PORT: String(port),
      METRICS_TOKEN: token,
    },
    stdio: 'ignore',
  });
  const exited = new Promise<number | null>((resolve) => child.once('exit', resolve));
  const get = (path: string, headers = {}) => fetch(`http://127.0.0.1:${port}${path}`, { headers });
  try {
    await until(
      'the worker to be ready',
      async () => ((await get('/health/ready').catch(() => undefined))?.ok ? true : undefined),
      60_000,
    );
    expect((await get('/metrics')).status).toBe(401);
    const metrics = await until('the worker to give an entry its place', async () => {
      const text = await (await get('/metrics', { authorization: `Bearer ${token}` })).text();
      return /^steward_log_size [1-9]/m.test(text) ? text : undefined;
    });
    expect(metrics).toMatch(/^steward_outbox_waiting \d/m);
    expect((await get('/v1/log/checkpoint')).status).toBe(404);
  } finally {
    child.kill('SIGTERM');
    expect(await exited).toBe(0);
    await database.remove();
  }
});
