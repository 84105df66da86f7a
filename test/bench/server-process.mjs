import { spawn } from 'node:child_process';
import { closeSync, openSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, stopProcess, until } from './processes.mjs';

const PROBE = new URL('probe.mjs', import.meta.url).href;

/**
 * Starts a Node server that is to be measured, waits until `readyPath` answers 200, and says how long that took.
 * Its output goes to a file, as it would in production, so that nobody else's processor time is spent on it.
 */
export async function startServer({ name, script, directory, environment, readyPath, nodeOptions = [] }) {
  const port = await freePort();
  const logFile = join(directory, `${name}.log`);
  const log = openSync(logFile, 'a');
  const startedAt = performance.now();
  const child = spawn(process.execPath, ['--import', PROBE, ...nodeOptions, script], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...environment, PORT: String(port) },
    stdio: ['ignore', log, log, 'ipc'],
  });
  closeSync(log);
  const baseUrl = `http://127.0.0.1:${port}`;
  try {
    await until(`${name} to be ready`, 60_000, async () => {
      if (child.exitCode !== null) throw new Error(`${name} stopped at its start`);
      const response = await fetch(baseUrl + readyPath).catch(() => undefined);
      await response?.arrayBuffer();
      return response?.status === 200;
    });
  } catch (error) {
    await stopProcess(child);
    throw new Error(`${error.message}:\n${readFileSync(logFile, 'utf8').slice(-4_000)}`);
  }
  return {
    name,
    port,
    baseUrl,
    pid: child.pid,
    readyAfterS: (performance.now() - startedAt) / 1000,
    /** Resident memory and processor time used so far. */
    usage: () =>
      new Promise((resolve, reject) => {
        child.once('message', resolve);
        child.send('usage', (error) => error && reject(error));
      }),
    stop: () => stopProcess(child),
  };
}
