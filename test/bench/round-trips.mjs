import { connect, createServer } from 'node:net';
import { measure } from './measure.mjs';

const COMMANDS = { 0x03: 'query', 0x16: 'prepare', 0x17: 'execute', 0x1f: 'reset', 0x0e: 'ping' };

/**
 * A listening post between a server and its database: it passes everything on unchanged and notes each command of
 * the MySQL protocol, that is, each round trip, with its SQL and the time until the whole answer was there.
 */
export async function listenBetween(databasePort) {
  let heard = [];
  let connections = 0;
  const server = createServer((client) => {
    const database = connect(databasePort, '127.0.0.1');
    const connection = (connections += 1);
    const statements = new Map();
    let current;
    client.setNoDelay(true);
    database.setNoDelay(true);
    const eachCommand = commandReader((command, payload) => {
      const kind = COMMANDS[command];
      if (kind === undefined) return; // closing a statement or the connection has no answer
      const sql = kind === 'execute' ? statements.get(payload.readUInt32LE(0)) : payload.toString('utf8');
      current = {
        connection,
        kind,
        sql: (sql ?? '').replace(/\s+/g, ' ').trim(),
        startedAt: performance.now(),
      };
      heard.push(current);
    });
    client.on('data', (chunk) => {
      eachCommand(chunk);
      database.write(chunk);
    });
    database.on('data', (chunk) => {
      if (current !== undefined) {
        const isFirstPart = current.tookMs === undefined;
        if (isFirstPart && current.kind === 'prepare' && chunk[4] === 0)
          statements.set(chunk.readUInt32LE(5), current.sql);
        current.tookMs = performance.now() - current.startedAt;
      }
      client.write(chunk);
    });
    for (const [one, other] of [
      [client, database],
      [database, client],
    ]) {
      one.on('close', () => other.destroy());
      one.on('error', () => other.destroy());
    }
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  return {
    port: server.address().port,
    /** The round trips since the last call. */
    take() {
      const taken = heard;
      heard = [];
      return taken;
    },
    stop: () => server.close(),
  };
}

/** Finds the packets that begin a command (sequence number 0) in a stream of MySQL packets. */
function commandReader(onCommand) {
  let rest = Buffer.alloc(0);
  return (chunk) => {
    rest = Buffer.concat([rest, chunk]);
    while (rest.length >= 4) {
      const end = 4 + rest.readUIntLE(0, 3);
      if (rest.length < end) return;
      if (rest[3] === 0 && end > 4) onCommand(rest[4], rest.subarray(5, end));
      rest = rest.subarray(end);
    }
  };
}

/**
 * The round trips of one request to a server that is warm. Background work may mix in, so the quietest of a few
 * tries counts.
 */
export async function traceRequest(ear, { load, database }, side, scenario, tries = 8) {
  await measure({ load, database }, side, scenario, { connections: 16, requests: 200 });
  let best;
  for (let attempt = 0; attempt < tries; attempt += 1) {
    ear.take();
    const { p50Ms } = await measure({ load, database }, side, scenario, { connections: 1, requests: 1 });
    const trace = { tookMs: p50Ms, roundTrips: ear.take() };
    if (best === undefined || trace.roundTrips.length < best.roundTrips.length) best = trace;
  }
  return best;
}

/** One line for each round trip: the connection it went over, its time, its SQL. */
export function describeTrace(scenario, { tookMs, roundTrips }) {
  const lines = roundTrips.map(
    ({ connection, kind, tookMs: each, sql }) =>
      `  ${`#${connection}`.padStart(4)} ${(each ?? 0).toFixed(2).padStart(6)} ms  ${kind.padEnd(7)} ${sql.replace(/X'[0-9a-f]{16,}'/g, "X'…'")}`,
  );
  return [`${scenario.name}: ${roundTrips.length} round trips, ${tookMs.toFixed(1)} ms`, ...lines].join('\n');
}
