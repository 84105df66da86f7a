import { createServer } from 'node:net';

/** Resolves with a port on 127.0.0.1 that was free a moment ago. */
export async function freePort() {
  const server = createServer();
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address();
  await new Promise((resolve) => server.close(resolve));
  return port;
}

/** Tries `attempt` until it returns something truthy; after `timeoutMs` it fails and says what it waited for. */
export async function until(what, timeoutMs, attempt) {
  const deadline = performance.now() + timeoutMs;
  for (;;) {
    const result = await attempt();
    if (result) return result;
    if (performance.now() > deadline) throw new Error(`waited ${timeoutMs} ms in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 10));
  }
}

/** Ends one child by its own pid: SIGTERM, and SIGKILL when it has not gone after `graceMs`. */
export async function stopProcess(child, graceMs = 10_000) {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = new Promise((resolve) => child.once('exit', resolve));
  child.kill('SIGTERM');
  const impatience = setTimeout(() => child.kill('SIGKILL'), graceMs);
  await gone;
  clearTimeout(impatience);
}

/** Keeps the last part of what a child prints, so that a failure can show it. */
export function tailOf(child, limit = 8_000) {
  let text = '';
  const keep = (chunk) => {
    text = (text + chunk).slice(-limit);
  };
  child.stdout?.on('data', keep);
  child.stderr?.on('data', keep);
  return () => text;
}
