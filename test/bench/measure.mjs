import { fork } from 'node:child_process';
import { stopProcess } from './processes.mjs';

/** Starts the load generator; `run` makes it run one job to its end. */
export function startLoadGenerator() {
  const child = fork(new URL('load.mjs', import.meta.url), { serialization: 'advanced' });
  return {
    run: (job) =>
      new Promise((resolve, reject) => {
        const onExit = () => reject(new Error('the load generator stopped'));
        child.once('exit', onExit);
        child.once('message', ({ result, error }) => {
          child.off('exit', onExit);
          if (error !== undefined) reject(new Error(error));
          else if (result.wrongCount > 0)
            reject(new Error(`${result.wrongCount} wrong answers: ${result.wrongSample}`));
          else resolve(result);
        });
        child.send(job);
      }),
    stop: () => stopProcess(child),
  };
}

/** One closed-loop run of one scenario against one side, with what it cost the server. */
export async function measure({ load, database }, side, scenario, limits) {
  const before = await side.usage();
  const databaseBefore = await database.cpuMs();
  const result = await load.run({
    ...scenario,
    ...limits,
    port: side.port,
    accessTokens: side.accessTokens,
  });
  const after = await side.usage();
  const databaseAfter = await database.cpuMs();
  return {
    requestsPerS: result.perSecond,
    p50Ms: result.p50Ms,
    p99Ms: result.p99Ms,
    cpuMsPerRequest: (after.cpuMs - before.cpuMs) / result.count,
    databaseCpuMsPerRequest: (databaseAfter - databaseBefore) / result.count,
    rssBytes: after.rssBytes,
  };
}

/** How many rows the schema holds, table by table. */
export async function countRows(database, schema) {
  const tables = await database.query(
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ? AND table_type = 'BASE TABLE' ORDER BY name`,
    [schema],
  );
  const counts = {};
  for (const { name } of tables) {
    const [row] = await database.query('SELECT COUNT(*) AS count FROM ??.??', [schema, name]);
    counts[name] = row.count;
  }
  return counts;
}
