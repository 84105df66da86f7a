// Builds dist when it is missing or older than the sources. Everything is printed to stderr: stdout belongs to
// the program that is started afterwards.
import { spawnSync } from 'node:child_process';
import { existsSync, readdirSync, rmSync, statSync, utimesSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

const root = fileURLToPath(new URL('..', import.meta.url));
const stamp = join(root, 'dist/.built');
const inputs = ['apps', 'libs', 'ormconfig.ts', 'tsconfig.json', 'tsconfig.build.json', 'package.json'];

/** Newest modification time below a path, in milliseconds; specs are not part of the build. */
function newest(path) {
  const stats = statSync(path);
  if (!stats.isDirectory()) return path.endsWith('.spec.ts') ? 0 : stats.mtimeMs;
  return Math.max(0, ...readdirSync(path).map((name) => newest(join(path, name))));
}

function isStale() {
  if (!existsSync(stamp)) return true;
  const builtAt = statSync(stamp).mtimeMs;
  return inputs.map((input) => join(root, input)).some((path) => existsSync(path) && newest(path) > builtAt);
}

/** An installation without the compiler (a container image) runs the dist that it was given. */
function findCompiler() {
  try {
    return createRequire(import.meta.url).resolve('typescript/bin/tsc');
  } catch {
    return undefined;
  }
}

/** Compiles when needed; throws when the compiler finds errors. */
export function buildIfStale() {
  const compiler = findCompiler();
  if (compiler === undefined || !isStale()) return;
  process.stderr.write('Building Steward…\n');
  const startedAt = new Date();
  // Without a stamp the last build did not finish; the compiler's own cache would take its output for complete.
  if (!existsSync(stamp)) rmSync(join(root, 'dist/.tsbuildinfo'), { force: true });
  rmSync(stamp, { force: true });
  const result = spawnSync(process.execPath, [compiler, '-p', 'tsconfig.build.json'], {
    cwd: root,
    stdio: ['ignore', 2, 2],
  });
  if (result.status !== 0) throw new Error('The build failed; see the messages above.');
  // Dated to the start: sources that changed while the compiler ran count as newer.
  writeFileSync(stamp, '');
  utimesSync(stamp, startedAt, startedAt);
}

if (process.argv[1] === fileURLToPath(import.meta.url)) buildIfStale();
