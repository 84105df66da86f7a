// `npm run bench`: the floor and the application on one private MariaDB, in turns, side by side.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { buildIfStale } from '../../scripts/build.mjs';
import { benchAudit, describeAudit } from './audit/bench.mjs';
import { startApplication } from './application.mjs';
import { compare } from './compare.mjs';
import { startFloor } from './floor/start.mjs';
import { startMariaDb } from './mariadb.mjs';
import { startLoadGenerator } from './measure.mjs';
import { describeLog, measureLog } from './log.mjs';
import { describeComparison } from './report.mjs';
import { benchVerify, describeVerify } from './verify/bench.mjs';
import { describeTrace, listenBetween, traceRequest } from './round-trips.mjs';

const HELP = `npm run bench -- [options]          on the Node of the image
node test/bench/run.mjs [options]    on the present one

  --rounds N        how often each side is measured, in turns (5)
  --seconds N       the length of one measurement (3)
  --connections N   requests under way at a time (16)
  --payments N      payments that exist before the measurement (1000)
  --only NAME       one request only, by the beginning of its name: create, read or list
  --floor-only      without the application
  --json            machine-readable output
  --sql             instead of measuring, list the round trips to the database that one request of each kind makes
  --log             instead, how fast the audit log follows the payments
  --audit           instead, how long questions to the audit record take among a thousand entries and among a million
  --verify          instead, how long "steward audit:verify --database" takes for a million entries, and how much memory
  --sqlite          with --verify: on SQLite instead of MariaDB
  --entries N       with --audit and --verify: how many instead of a million (1000000)
  --profile DIR     write a V8 processor profile of each side to DIR`;

const { values: options } = parseArgs({
  options: {
    rounds: { type: 'string', default: '5' },
    seconds: { type: 'string', default: '3' },
    connections: { type: 'string', default: '16' },
    payments: { type: 'string', default: '1000' },
    only: { type: 'string', default: '' },
    profile: { type: 'string' },
    audit: { type: 'boolean', default: false },
    entries: { type: 'string', default: '1000000' },
    verify: { type: 'boolean', default: false },
    sqlite: { type: 'boolean', default: false },
    log: { type: 'boolean', default: false },
    'floor-only': { type: 'boolean', default: false },
    sql: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    help: { type: 'boolean', default: false },
  },
});
const limits = {
  rounds: bounded('rounds', 50),
  seconds: bounded('seconds', 60),
  connections: bounded('connections', 256),
  payments: bounded('payments', 100_000),
  only: options.only,
};

function bounded(name, highest) {
  const value = Number(options[name]);
  if (!(value > 0 && value <= highest))
    throw new Error(`--${name} must be more than 0 and at most ${highest}`);
  return value;
}

const endings = [];
let ended;

/** Remembers how to stop something that was started; stops it at once when the end has already come. */
async function atEnd(stop) {
  if (ended === undefined) endings.push(stop);
  else await stop();
}

/** Stops everything, last started first. A failed stop does not keep the others from stopping. */
function end() {
  ended ??= endings.reduceRight((previous, stop) => previous.then(stop, stop), Promise.resolve());
  return ended;
}
for (const signal of ['SIGINT', 'SIGTERM']) {
  process.once(signal, () => void end().finally(() => process.exit(130)));
}

async function makeDirectory() {
  const directory = await mkdtemp(join(tmpdir(), 'steward-bench-'));
  await atEnd(() => rm(directory, { recursive: true, force: true }));
  return directory;
}

/** Starts what every mode needs. */
async function startDatabase() {
  const directory = await makeDirectory();
  const database = await startMariaDb(directory);
  await atEnd(database.stop);
  const load = startLoadGenerator();
  await atEnd(load.stop);
  return { directory, database, load, atEnd };
}

/** Starts both sides. `through` may put something between the servers and the database. */
async function start(through = (database) => database) {
  const started = await startDatabase();
  const { database, directory } = started;
  const nodeOptions = options.profile ? ['--cpu-prof', `--cpu-prof-dir=${options.profile}`] : [];
  const seen = await through(database);
  const sides = [];
  for (const startSide of options['floor-only'] ? [startFloor] : [startFloor, startApplication]) {
    const side = await startSide({ database: seen, directory, nodeOptions });
    await atEnd(side.stop);
    sides.push(side);
  }
  return { ...started, sides };
}

/** Prints the round trips that each request makes, on each side. */
async function trace() {
  let ear;
  const { database, load, sides } = await start(async (database) => {
    ear = await listenBetween(database.port);
    await atEnd(ear.stop);
    return { ...database, url: (schema) => database.url(schema, ear.port) };
  });
  for (const side of sides) {
    console.log(`\n${side.name}`);
    for (const scenario of side.scenarios)
      console.log(describeTrace(scenario, await traceRequest(ear, { load, database }, side, scenario)));
  }
}

if (options.help) {
  console.log(HELP);
} else {
  if (!options['floor-only']) buildIfStale();
  try {
    if (options.sql) await trace();
    else if (options.log) {
      const { sides, ...started } = await start();
      const outcome = await measureLog({ ...started, application: sides[1] }, limits);
      console.log(options.json ? JSON.stringify(outcome, undefined, 2) : describeLog(outcome));
    } else if (options.audit) {
      const sizes = { few: 1_000, many: bounded('entries', 10_000_000) };
      const outcome = await benchAudit(await startDatabase(), { ...sizes, rounds: limits.rounds });
      console.log(options.json ? JSON.stringify(outcome, undefined, 2) : describeAudit(outcome));
    } else if (options.verify) {
      const started = options.sqlite ? { directory: await makeDirectory() } : await startDatabase();
      const entries = bounded('entries', 100_000_000);
      const outcome = await benchVerify(started, { entries, rounds: Math.min(limits.rounds, 3) });
      console.log(options.json ? JSON.stringify(outcome, undefined, 2) : describeVerify(outcome));
    } else {
      const outcome = await compare(await start(), limits);
      console.log(options.json ? JSON.stringify(outcome, undefined, 2) : describeComparison(outcome));
    }
  } finally {
    await end();
  }
}
