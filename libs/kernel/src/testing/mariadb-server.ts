import { execFileSync, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir, userInfo } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type ConnectionOptions, createConnection } from 'mysql2/promise';

/** A private MariaDB server on a loopback port. */
export interface MariadbServer {
  /** `mysql://root@127.0.0.1:<port>`, without a database. */
  readonly url: string;
  readonly pid: number;
  stop(): Promise<void>;
}

/** Starts a MariaDB with an empty data directory of its own under the system's temporary directory. */
export async function startMariadb(binary: string, options: readonly string[] = []): Promise<MariadbServer> {
  const directory = mkdtempSync(join(tmpdir(), 'steward-mariadb-'));
  const asRoot = userInfo().uid === 0 ? ['--user=root'] : [];
  // A server that starts, one that installs too, removes the temporary tables of all others in the same folder.
  const env = { ...process.env, TMPDIR: directory };
  execFileSync(
    'mariadb-install-db',
    [
      '--no-defaults',
      `--datadir=${directory}/data`,
      '--auth-root-authentication-method=normal',
      '--skip-test-db',
      ...asRoot,
    ],
    { stdio: 'ignore', env },
  );
  const port = await freePort();
  const server = spawn(
    binary,
    [
      '--no-defaults',
      `--datadir=${directory}/data`,
      `--socket=${directory}/socket`,
      `--port=${port}`,
      '--bind-address=127.0.0.1',
      '--skip-name-resolve',
      ...asRoot,
      ...options,
    ],
    { stdio: 'ignore', env },
  );
  const url = `mysql://root@127.0.0.1:${port}`;
  const exited = new Promise<void>((resolve) => server.once('exit', () => resolve()));
  const demandsTls = options.includes('--require-secure-transport=ON');
  await untilReady(demandsTls ? { uri: url, ssl: { rejectUnauthorized: false } } : { uri: url }, server);
  return {
    url,
    pid: server.pid ?? 0,
    async stop() {
      server.kill('SIGTERM');
      await exited;
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A TCP port of 127.0.0.1 that nothing listens on. */
export async function freePort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const probe = createServer();
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

async function untilReady(
  address: ConnectionOptions,
  server: { readonly exitCode: number | null },
): Promise<void> {
  const deadline = Date.now() + 30_000;
  for (;;) {
    try {
      const connection = await createConnection(address);
      await connection.end();
      return;
    } catch (error) {
      if (server.exitCode !== null || Date.now() > deadline) throw error;
      await delay(50);
    }
  }
}
