import { execFile, spawn } from 'node:child_process';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import mysql from 'mysql2/promise';
import { freePort, stopProcess, tailOf, until } from './processes.mjs';

const run = promisify(execFile);
const asRoot = process.getuid?.() === 0 ? ['--user=root'] : [];

/**
 * Starts a private MariaDB that keeps its data in `directory`. Nothing is tuned: commits are durable as MariaDB's
 * defaults make them, and both sides of the comparison use this one server over TCP.
 */
export async function startMariaDb(directory) {
  const dataDirectory = join(directory, 'database');
  // A server that starts, one that installs too, removes the temporary tables of all others in the same folder.
  const env = { ...process.env, TMPDIR: directory };
  try {
    await run(
      'mariadb-install-db',
      [
        '--no-defaults',
        `--datadir=${dataDirectory}`,
        '--auth-root-authentication-method=normal',
        '--skip-test-db',
        ...asRoot,
      ],
      { env },
    );
  } catch (error) {
    if (error.code === 'ENOENT')
      throw new Error('MariaDB is not installed: sudo apt-get install mariadb-server');
    throw error;
  }

  const port = await freePort();
  const child = spawn(
    'mariadbd',
    [
      '--no-defaults',
      `--datadir=${dataDirectory}`,
      '--bind-address=127.0.0.1',
      `--port=${port}`,
      `--socket=${join(directory, 's')}`,
      ...asRoot,
    ],
    { stdio: ['ignore', 'pipe', 'pipe'], env },
  );
  const output = tailOf(child);
  const connection = () => mysql.createConnection({ host: '127.0.0.1', port, user: 'root' });
  const server = {
    port,
    pid: child.pid,
    /** The URL of a schema on this server, or of one behind another port that leads to it. */
    url: (schema, behindPort = port) => `mysql://root@127.0.0.1:${behindPort}/${schema}`,
    /** Runs one statement as an administrator and gives its rows. */
    async query(sql, parameters) {
      const admin = await connection();
      try {
        const [rows] = await admin.query(sql, parameters);
        return rows;
      } finally {
        await admin.end();
      }
    },
    /** Processor time that the server has used so far, in ms; undefined where the system does not tell. */
    async cpuMs() {
      const text = await readFile(`/proc/${child.pid}/stat`, 'utf8').catch(() => undefined);
      if (text === undefined) return undefined;
      // Fields 14 and 15, counted from behind the name, which may hold spaces; in ticks of 10 ms.
      const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
      return (Number(fields[11]) + Number(fields[12])) * 10;
    },
    stop: () => stopProcess(child, 20_000),
  };
  try {
    await until('MariaDB to answer', 30_000, () => {
      if (child.exitCode !== null) throw new Error(`MariaDB stopped at its start:\n${output()}`);
      return server.query('SELECT 1').catch(() => undefined);
    });
  } catch (error) {
    await server.stop();
    throw error;
  }
  return server;
}
