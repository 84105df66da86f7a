import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { setTimeout as delay } from 'node:timers/promises';
import type { Stage } from './story.js';

export interface OwnServer extends Stage {
  stop(): Promise<void>;
}

/** Starts a Steward of the tour's own, on an empty embedded database in a folder that is removed at the end. */
export async function startOwnServer(): Promise<OwnServer> {
  const dataDir = await mkdtemp(join(tmpdir(), 'steward-tour-'));
  const port = await freePort();
  const administrator = { email: 'admin@steward.example', password: randomBytes(15).toString('base64url') };
  const child = spawn(process.execPath, [fileURLToPath(new URL('../../api/src/main.js', import.meta.url))], {
    env: {
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: String(port),
      DATA_DIR: dataDir,
      LOG_LEVEL: 'warn',
      ADMIN_EMAIL: administrator.email,
      ADMIN_PASSWORD: administrator.password,
    },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const exited = new Promise<void>((resolve) => child.once('exit', () => resolve()));
  const stop = async (): Promise<void> => {
    child.kill('SIGTERM');
    await exited;
    await rm(dataDir, { recursive: true, force: true });
  };
  const baseUrl = `http://127.0.0.1:${port}`;
  for (let tries = 0; child.exitCode === null && tries < 600; tries++) {
    const ready = await fetch(`${baseUrl}/health/ready`).catch(() => undefined);
    if (ready?.ok === true) return { baseUrl, mailDir: join(dataDir, 'mail'), administrator, stop };
    await delay(50);
  }
  await stop();
  throw new Error('The server of the tour did not start; see the messages above.');
}

async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer().once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address !== null ? address.port : 0));
    });
  });
}
