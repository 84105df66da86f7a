// `npm run bench -- --log`: how fast the transparency log follows the payments that it is about.
import { spawn } from 'node:child_process';
import { closeSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { API, WORKER } from './application.mjs';
import { measure } from './measure.mjs';
import { stopProcess, until } from './processes.mjs';
import { median } from './report.mjs';
import { startServer } from './server-process.mjs';

const WAITING = 'SELECT COUNT(*) AS n FROM application.audit_entry WHERE leaf_index IS NULL';
const OLDEST_MS = `SELECT TIMESTAMPDIFF(MICROSECOND, MIN(occurred_at), UTC_TIMESTAMP(6)) / 1000 AS ms
  FROM application.audit_entry WHERE leaf_index IS NULL`;
const SAMPLES = 30;
const DRAIN_MS = 120_000;

/**
 * Measures the payments per second with the sequencer at work beside them, how old an entry is when a signed
 * checkpoint covers it, with nothing else to do and under that load, and then how many entries per second one worker
 * sequences that finds those of `payments` payments waiting.
 */
export async function measureLog(
  { database, load, application, directory, atEnd },
  { rounds, seconds, connections, payments },
) {
  const [create] = application.scenarios;
  const pay = (limits, side = application) => measure({ load, database }, side, create, limits);
  const waiting = async () => Number((await database.query(WAITING))[0].n);
  const drained = () => until('the log to follow', DRAIN_MS, async () => (await waiting()) === 0);

  await pay({ connections, seconds: 2 });
  const paymentsPerS = [];
  const lagMs = [];
  for (let round = 0; round < rounds; round += 1) {
    const sampling = sampleLag(database, seconds, lagMs);
    paymentsPerS.push((await pay({ connections, seconds })).requestsPerS);
    await sampling;
  }
  await drained();

  const idleMs = [];
  for (let sample = 0; sample < SAMPLES; sample += 1) {
    await pay({ connections: 1, requests: 1 });
    const paidAt = performance.now();
    await drained();
    idleMs.push(performance.now() - paidAt);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
  }

  await application.stop();
  const silent = await startServer({
    name: 'application',
    script: API,
    directory,
    environment: { ...application.environment, BACKGROUND: 'false' },
    readyPath: '/health/live',
  });
  try {
    await pay({ connections, requests: payments }, { ...application, ...silent });
  } finally {
    await silent.stop();
  }
  const entries = await waiting();
  const entriesPerS = await sequence({ application, directory, atEnd, waiting }, entries);
  return { paymentsPerS: median(paymentsPerS), lagMs, idleMs, payments, entries, entriesPerS };
}

/** How old the oldest entry without a place in the log is, ten times a second. */
async function sampleLag(database, seconds, lagMs) {
  for (let sample = 0; sample < seconds * 10; sample += 1) {
    await new Promise((resolve) => setTimeout(resolve, 100));
    const [{ ms }] = await database.query(OLDEST_MS);
    if (ms !== null) lagMs.push(Number(ms));
  }
}

/** Entries per second of one worker, from the first batch that it finished to the end. */
async function sequence({ application, directory, atEnd, waiting }, entries) {
  const log = openSync(join(directory, 'worker.log'), 'a');
  const worker = spawn(process.execPath, [WORKER], {
    env: { PATH: process.env.PATH, HOME: process.env.HOME, ...application.environment },
    stdio: ['ignore', log, log],
  });
  closeSync(log);
  await atEnd(() => stopProcess(worker));
  const first = await until('the first batch', DRAIN_MS, async () => {
    const left = await waiting();
    return left < entries && { left, at: performance.now() };
  });
  if (first.left === 0) throw new Error('one batch was all there was: use more --payments');
  await until('the log to follow', DRAIN_MS, async () => (await waiting()) === 0);
  return (first.left / (performance.now() - first.at)) * 1000;
}

/** What the command prints. */
export function describeLog({ paymentsPerS, lagMs, idleMs, payments, entries, entriesPerS }) {
  const perPayment = entries / payments;
  const times = entriesPerS / perPayment / paymentsPerS;
  return [
    `${paymentsPerS.toFixed(0)} payments/s with the sequencer at work beside them, ${perPayment.toFixed(1)} entries each`,
    `${entriesPerS.toFixed(0)} entries/s sequenced by one worker that found ${entries} waiting: those of ${times.toFixed(1)} times as many payments`,
    `from commit to signed checkpoint: ${describeMs(idleMs)} for a single payment; under load the oldest waiting entry was ${describeMs(lagMs)} old`,
  ].join('\n');
}

const describeMs = (values) => `${median(values).toFixed(0)} ms (at most ${Math.max(...values).toFixed(0)})`;
