import { createRequire } from 'node:module';
import type { Connection, Pool, PoolOptions } from 'mysql2';
import type { DataSourceOptions } from 'typeorm';
import { commonOptions } from '../common-options.js';
import { type Dialect, driverCode, driverNumber, markTransaction } from './dialect.js';

const mysql2 = createRequire(import.meta.url)('mysql2') as typeof import('mysql2');

const DEADLOCK = [1213, 1205, 1020];
const DUPLICATE = [1062, 1586];
const LOST = [
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ER_SERVER_SHUTDOWN',
];

// A duplicate of a running request waits this long for the first one, then is told to come back.
const LOCK_WAIT_S = 2;

/** The driver with a first statement on every new connection, before anything else runs on it. */
function driverWith(firstStatements: readonly string[]): object {
  return {
    ...mysql2,
    createPool(options: PoolOptions): Pool {
      const pool = mysql2.createPool(options);
      pool.on('connection', (connection) => {
        // mysql2 hands out the callback connection here and queues these before the caller's first query.
        for (const sql of firstStatements) (connection as unknown as Connection).query(sql);
      });
      return pool;
    },
  };
}

function source(url: string, poolSize: number, firstStatements: readonly string[]): DataSourceOptions {
  return {
    ...commonOptions(),
    type: 'mysql',
    url: url.replace(/^mariadb:/, 'mysql:'),
    driver: driverWith(firstStatements),
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    poolSize,
    // Lets a unit end in one round trip. Values are always parameters; see docs/adr.
    extra: { multipleStatements: true },
  };
}

function url(address: string | undefined): string {
  if (!address) throw new Error('DATABASE_URL is not set');
  return address;
}

/**
 * Whatever the server's default: text that does not fit is refused and not cut, an engine that is missing is not
 * replaced, and a backslash escapes, which the driver takes for granted where it quotes values.
 */
const STRICT = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'";
const READ_COMMITTED = 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED';
const READ_ONLY = 'SET SESSION TRANSACTION READ ONLY';

/** MySQL 8 and MariaDB through mysql2: a pool for units of work and a pool that the database keeps read-only. */
export const mysql: Dialect = {
  name: 'mysql',
  serialUnits: false,
  skipLocked: 'FOR UPDATE SKIP LOCKED',
  writer: (config) =>
    source(url(config.databaseUrl), config.databasePoolSize, [
      STRICT,
      READ_COMMITTED,
      `SET SESSION innodb_lock_wait_timeout = ${LOCK_WAIT_S}`,
    ]),
  reader: (config) =>
    source(url(config.databaseUrl), config.databasePoolSize, [STRICT, READ_COMMITTED, READ_ONLY]),
  migrator: (config) => source(url(config.databaseMigrationUrl), 2, [STRICT]),

  async begin(runner, entryId) {
    await runner.query('SET @steward_entry = ?; START TRANSACTION', [entryId]);
    markTransaction(runner, true);
  },

  async commit(runner, tail) {
    const statements = [...tail.map(({ sql }) => sql), 'COMMIT', 'SET @steward_entry = NULL'];
    await runner.query(
      statements.join('; '),
      tail.flatMap(({ parameters }) => [...parameters]),
    );
    markTransaction(runner, false);
  },

  async rollback(runner) {
    markTransaction(runner, false);
    await runner.query('ROLLBACK; SET @steward_entry = NULL').catch((error: unknown) => {
      // A lost connection has rolled back by itself, and the pool discards it.
      if (!mysql.isFatal(error)) throw error;
    });
  },

  isRetryable: (error) => DEADLOCK.includes(driverNumber(error) ?? 0),
  isFatal: (error) =>
    LOST.includes(String(driverCode(error))) || (error as { fatal?: boolean })?.fatal === true,
  isUniqueViolation: (error) => DUPLICATE.includes(driverNumber(error) ?? 0),
  onConflict: () => 'ON DUPLICATE KEY UPDATE',
  parameter: (value) => value,
  async scrub() {},

  async exclusively(runner, work) {
    const [row] = (await runner.query("SELECT GET_LOCK('steward.migrate', 60) AS held")) as [
      { held: number | null },
    ];
    if (Number(row.held) !== 1) throw new Error('Another instance has been migrating for more than 60 s');
    try {
      return await work();
    } finally {
      await runner.query("SELECT RELEASE_LOCK('steward.migrate')");
    }
  },
};
