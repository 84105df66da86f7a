// `npm run bench -- --audit`: how long an auditor waits among a thousand entries and among a million.
import { execFile } from 'node:child_process';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { median } from '../report.mjs';
import { startServer } from '../server-process.mjs';
import { describeExports, measureExports } from './export.mjs';
import { fill } from './fill.mjs';
import { questionsOf } from './questions.mjs';

const run = promisify(execFile);
const ROOT = new URL('../../../', import.meta.url).pathname;
const ADMIN = { email: 'admin@example.com', password: 'a passphrase for the benchmark only 1' };
/** Of one kind, one after the other; the first so many only warm up. */
const REQUESTS = 20;

/** Measures every question on a database with few entries and on one with many, in turns. */
export async function benchAudit({ database, directory, load, atEnd }, { few, many, rounds }) {
  const sides = [];
  for (const count of [few, many]) {
    const side = await startFilled({ database, directory, count });
    await atEnd(side.stop);
    sides.push(side);
  }
  const results = [];
  for (const index of questionsOf(few).keys()) {
    const measured = sides.map(() => []);
    for (let round = 0; round <= rounds; round += 1) {
      for (const [place, side] of sides.entries()) {
        const { path } = side.questions[index];
        const { p50Ms } = await load.run({
          method: 'GET',
          path,
          port: side.port,
          accessTokens: [side.accessToken],
          connections: 1,
          requests: REQUESTS,
          expectedStatus: 200,
        });
        if (round > 0) measured[place].push(p50Ms);
      }
    }
    const [small, large] = measured;
    results.push({
      name: sides[0].questions[index].name,
      fewMs: median(small),
      manyMs: median(large),
      ratio: median(large.map((value, round) => value / small[round])),
    });
  }
  const exports = [];
  for (const side of sides) exports.push(await measureExports(side));
  return { few, many, rounds, filledInS: sides.map(({ filledInS }) => filledInS), results, exports };
}

/** Starts the application, without background work, on a database with so many entries. */
async function startFilled({ database, directory, count }) {
  const schema = `audit_${count}`;
  const dataDirectory = join(directory, schema);
  await mkdir(dataDirectory, { recursive: true });
  await database.query('CREATE DATABASE ?? CHARACTER SET utf8mb4', [schema]);
  const environment = {
    DATABASE_URL: database.url(schema),
    DATA_DIR: dataDirectory,
    BACKGROUND: 'off',
    ADMIN_EMAIL: ADMIN.email,
    ADMIN_PASSWORD: ADMIN.password,
  };
  const migrate = [join(ROOT, 'dist/apps/cli/src/main.js'), 'migrate'];
  await run(process.execPath, migrate, { cwd: directory, env: { PATH: process.env.PATH, ...environment } });
  const startedAt = performance.now();
  await fill(environment.DATABASE_URL, count);
  const filledInS = (performance.now() - startedAt) / 1000;
  const script = join(ROOT, 'dist/apps/api/src/main.js');
  const server = await startServer({
    name: schema,
    script,
    directory,
    environment,
    readyPath: '/health/ready',
  });
  const response = await fetch(`${server.baseUrl}/v1/auth/login`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify(ADMIN),
  });
  if (!response.ok) throw new Error(`The administrator could not log in: ${await response.text()}`);
  const { accessToken } = await response.json();
  return { ...server, accessToken, filledInS, questions: questionsOf(count) };
}

/** What the command prints. */
export function describeAudit({ few, many, rounds, filledInS, results, exports }) {
  const line = (name, ...cells) => name.padEnd(38) + cells.map((cell) => cell.padStart(12)).join('');
  return [
    `a page of 20 entries over HTTP, one at a time: median of ${rounds} rounds of ${REQUESTS} requests each`,
    `written in ${filledInS.map((seconds) => `${seconds.toFixed(0)} s`).join(' and ')}`,
    '',
    line('', `${few}`, `${many}`, 'ratio'),
    ...results.map(({ name, fewMs, manyMs, ratio }) =>
      line(name, `${fewMs.toFixed(2)} ms`, `${manyMs.toFixed(2)} ms`, ratio.toFixed(2)),
    ),
    '',
    ...describeExports(exports),
  ].join('\n');
}
