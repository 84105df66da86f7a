import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type ClientRequest, type IncomingMessage, request } from 'node:http';
import { expect, it } from 'vitest';
import { freePort, testDatabase } from '#kernel/testing';
import { root } from '../support/rooms.js';
import { until } from '../support/until.js';

/** What whoever types `kill` or Ctrl-C sends: a signal to npm alone, or to everything that runs in the terminal. */
const ways = [
  ['kill', 'SIGTERM', 1],
  ['Ctrl-C', 'SIGINT', -1],
] as const;

it.each(ways)('npm start ends with %s when running requests are answered', async (_name, signal, reach) => {
  const database = await testDatabase('sqlite');
  const port = await freePort();
  const npm = spawn('npm', ['start'], {
    cwd: root,
    detached: true,
    env: {
      ...process.env,
      ...database.environment,
      NODE_ENV: 'development',
      HOST: '127.0.0.1',
      PORT: `${port}`,
      LOG_LEVEL: 'warn',
      SHUTDOWN_GRACE_MS: '60000',
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let printed = '';
  for (const stream of [npm.stdout, npm.stderr])
    stream.on('data', (data: Buffer) => {
      printed += data.toString();
    });
  // What npm started holds these open: they close when all of it has ended.
  const ended = once(npm, 'close');
  const answers = (path: string) =>
    fetch(`http://127.0.0.1:${port}${path}`).then(
      ({ ok }) => ok || undefined,
      () => undefined,
    );
  try {
    await until('the server to be ready', () => answers('/health/ready'), 60_000);
    const running = startLogin(port);
    const answered = once(running, 'response') as Promise<[IncomingMessage]>;
    await once(running, 'continue');
    process.kill(reach * npm.pid!, signal);
    const isShut = async () => (await answers('/health/live')) === undefined || undefined;
    await until('nobody else to be let in', isShut, 60_000);
    running.end('}');
    const [answer] = await answered;
    expect(answer.statusCode).toBe(400);
    answer.resume();
    await ended;
    expect(printed).not.toMatch(/error|fatal/i);
  } finally {
    endAll(npm.pid!);
    await database.remove();
  }
});

/** Nothing is left running, whatever failed. */
function endAll(group: number): void {
  try {
    process.kill(-group, 'SIGKILL');
  } catch {
    // All of it has ended, as it should.
  }
}

/** A request whose body is not whole yet. */
function startLogin(port: number): ClientRequest {
  const login = request({
    host: '127.0.0.1',
    port,
    method: 'POST',
    path: '/v1/auth/login',
    headers: { 'content-type': 'application/json', expect: '100-continue', connection: 'close' },
  });
  login.write('{');
  return login;
}
