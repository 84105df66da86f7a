import { execFile } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { expect, it } from 'vitest';
import { root } from '../support/rooms.js';

it('says in one sentence that the port is taken, and what to do', async () => {
  const other = createServer().listen(0, '127.0.0.1');
  await new Promise((resolve) => other.once('listening', resolve));
  const dataDir = await mkdtemp(join(tmpdir(), 'steward-port-'));
  const { port } = other.address() as AddressInfo;
  const env = {
    PATH: process.env['PATH'],
    DATA_DIR: dataDir,
    HOST: '127.0.0.1',
    PORT: String(port),
    LOG_LEVEL: 'silent',
  };
  const start = promisify(execFile)(process.execPath, ['dist/apps/api/src/main.js'], { cwd: root, env });
  const failure: unknown = await start.catch((error: unknown) => error);
  other.close();
  await rm(dataDir, { recursive: true });
  expect(failure).toMatchObject({ code: 1, stdout: '' });
  expect(failure).toHaveProperty(
    'stderr',
    expect.stringMatching(`^Port ${port} is taken by another process\\. [^\n]+\n$`),
  );
});
