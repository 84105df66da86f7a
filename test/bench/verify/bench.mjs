// `npm run bench -- --verify`: how long `steward audit:verify` takes for a million entries, and in how much memory.
import { execFile, spawn } from 'node:child_process';
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { fillVerifiable } from './fill.mjs';

const run = promisify(execFile);
const ROOT = new URL('../../../', import.meta.url).pathname;
const CLI = join(ROOT, 'dist/apps/cli/src/main.js');
const ORIGIN = 'bench.example/log';
const TICK_S = 0.01;
/** V8 takes what it may before it collects; what grew with the entries would not fit into this. */
const NODE_OPTIONS = '--max-old-space-size=256';

/** Fills a database and verifies it `rounds` times, and then a copy of its log in a directory, without the database. */
export async function benchVerify({ database, directory }, { entries, rounds }) {
  const dataDirectory = join(directory, 'verify');
  await mkdir(dataDirectory, { recursive: true });
  const { PATH } = process.env;
  const env = { PATH, NODE_OPTIONS, DATA_DIR: dataDirectory, LOG_ORIGIN: ORIGIN, LOG_LEVEL: 'warn' };
  if (database !== undefined) {
    await database.query('CREATE DATABASE verify CHARACTER SET utf8mb4');
    env.DATABASE_URL = database.url('verify');
  }
  await run(process.execPath, [CLI, 'migrate'], { cwd: directory, env });
  const startedAt = performance.now();
  const count = await fillVerifiable(env, { count: entries, origin: ORIGIN });
  const filledInS = (performance.now() - startedAt) / 1000;
  const command = (...args) => measure({ args, cwd: directory, env, database });
  const copy = join(directory, 'copy');
  const steps = [];
  for (const [name, times, ...args] of [
    ['audit:verify --database', rounds, 'audit:verify', '--database'],
    ['audit:copy --database --entries', 1, 'audit:copy', '--database', '--entries', '--to', copy],
    ['audit:verify --dir, with entries', rounds, 'audit:verify', '--dir', copy],
  ])
    for (let time = 0; time < times; time++) steps.push({ name, ...(await command(...args)) });
  return { dialect: database === undefined ? 'SQLite' : 'MariaDB', count, filledInS, steps };
}

/** One run of the command: how long, how much processor time it and the database took, and the most memory that it held. */
async function measure({ args, cwd, env, database }) {
  const startedAt = performance.now();
  const databaseMs = await database?.cpuMs();
  const child = spawn(process.execPath, [CLI, ...args], { cwd, env, stdio: ['ignore', 'pipe', 'pipe'] });
  let said = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data) => (said += data));
  const used = { peakMb: 0, cpuS: 0 };
  const watching = setInterval(async () => Object.assign(used, await usageOf(child.pid, used)), 100);
  const code = await new Promise((resolve) => child.once('exit', resolve));
  clearInterval(watching);
  if (code !== 0) throw new Error(`${args[0]} ended with ${code}:\n${said}`);
  const seconds = (performance.now() - startedAt) / 1000;
  const databaseCpuS = databaseMs === undefined ? 0 : ((await database.cpuMs()) - databaseMs) / 1000;
  return { seconds, ...used, databaseCpuS, said };
}

/** What Linux knows of a process; what was known before when it has ended. */
async function usageOf(pid, before) {
  try {
    const [status, stat] = await Promise.all(
      ['status', 'stat'].map((name) => readFile(`/proc/${pid}/${name}`, 'utf8')),
    );
    const peak = /VmHWM:\s+(\d+)/.exec(status);
    if (peak === null) return before;
    // Fields 14 and 15, counted from behind the name, which may hold spaces.
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return { peakMb: Number(peak[1]) / 1024, cpuS: (Number(fields[11]) + Number(fields[12])) * TICK_S };
  } catch {
    return before;
  }
}

/** What the command prints. */
export function describeVerify({ dialect, count, filledInS, steps }) {
  const line = (name, ...cells) => name.padEnd(34) + cells.map((cell) => cell.padStart(14)).join('');
  return [
    `${count.toLocaleString('en')} entries on ${dialect}, written in ${filledInS.toFixed(0)} s`,
    '',
    line('', 'seconds', 'cpu s', 'of database', 'peak memory'),
    ...steps.map(({ name, seconds, cpuS, databaseCpuS, peakMb }) =>
      line(
        name,
        ...[seconds, cpuS, databaseCpuS].map((value) => `${value.toFixed(1)} s`),
        `${peakMb.toFixed(0)} MB`,
      ),
    ),
    '',
    steps[0].said,
  ].join('\n');
}
