import { createRequire } from 'node:module';
import type { Connection, Pool, PoolConnection, PoolOptions } from 'mysql2';
import type { DataSource, DataSourceOptions, QueryRunner } from 'typeorm';
import { detached } from '../../context/ambient.js';
import type { KernelConfig } from '../../config/kernel.config.js';
import { commonOptions } from '../common-options.js';
import {
  type Dialect,
  type Frame,
  listOf,
  driverCode,
  driverNumber,
  markTransaction,
  sqlState,
  type Statement,
  type WholeUnit,
} from './dialect.js';

const mysql2 = createRequire(import.meta.url)('mysql2') as typeof import('mysql2');

/** Lost races. 3101 is how a group of MySQL servers says that another one of them was faster. */
const DEADLOCK = [1213, 1205, 1020, 3101];
const DUPLICATE = [1062, 1586];
const LOST = [
  'PROTOCOL_CONNECTION_LOST',
  'ECONNRESET',
  'ECONNREFUSED',
  'EPIPE',
  'ETIMEDOUT',
  'ER_SERVER_SHUTDOWN',
  'PROTOCOL_SEQUENCE_TIMEOUT',
];
/**
 * A server that takes no connections, or none of this user, or has closed this one because it was idle; one that may only
 * be read, as after a failover: another connection leads to its successor.
 */
const UNAVAILABLE = [1040, 1203, 1226, 1290, 1836, 3032, 4031];
/** The SQLSTATE class of what was killed, or ran out of time. A COMMIT may have gone through when it is told so. */
const INTERRUPTED = '70';

/** SQLSTATE classes of a connection, a transaction or an operator's intervention. */
const NOT_THE_STATEMENT = ['08', '40', '57', INTERRUPTED];
/** Timeouts, kills and exhausted resources that come under a general SQLSTATE. */
const OVERLOADED = [1037, 1038, 1053, 1129, 1130, 1205, 3024];

// A duplicate of a running request waits this long for the first one, then is told to come back.
const LOCK_WAIT_S = 2;

/**
 * The driver with a first statement on every new connection, before anything else runs on it. A connection outlives the
 * request that happens to open it, and must not keep that request's body in memory.
 */
function driverWith(firstStatements: readonly string[]): object {
  return {
    ...mysql2,
    createPool(options: PoolOptions): Pool {
      const pool = mysql2.createPool(options);
      pool.on('connection', (connection) => {
        // mysql2 hands out the callback connection here and queues these before the caller's first query.
        for (const sql of firstStatements) (connection as unknown as Connection).query(sql);
      });
      const getConnection = pool.getConnection.bind(pool);
      pool.getConnection = (callback) => detached(() => getConnection(callback));
      return pool;
    },
  };
}

/** The one way to the server, whoever connects. With TLS, a server without the right certificate is told no password. */
function source(
  config: KernelConfig,
  address: string | undefined,
  poolSize: number,
  firstStatements: readonly string[],
): DataSourceOptions {
  if (!address) throw new Error('DATABASE_URL is not set');
  const tls = config.databaseTls;
  return {
    ...commonOptions(),
    type: 'mysql',
    url: address.replace(/^mariadb:/, 'mysql:'),
    ssl: tls && { ...tls, rejectUnauthorized: true, minVersion: 'TLSv1.2' },
    driver: driverWith(firstStatements),
    charset: 'utf8mb4',
    timezone: 'Z',
    supportBigNumbers: true,
    poolSize,
    // Lets a unit end in one round trip. Values are always parameters; see docs/adr/0007.
    extra: { multipleStatements: true },
  };
}

/**
 * Whatever the server's default: text that does not fit is refused and not cut, an engine that is missing is not
 * replaced, and a backslash escapes, which the driver takes for granted where it quotes values.
 */
const STRICT = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'";

/**
 * An answer that has not come by then never will: the server gives none when it is told to kill a query between two
 * statements of one text. What the transaction holds is only let go with its connection.
 */
const ANSWER_MS = 60_000;

/**
 * Statements of one round trip, by the driver directly: TypeORM's own way costs as much again. A connection of which
 * nobody knows what it has done is not used again.
 */
function send(connection: PoolConnection, sql: string, parameters: readonly unknown[]): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query({ sql, timeout: ANSWER_MS }, parameters as unknown[], (error, result) => {
      if (error && mysql.isFatal(error)) connection.destroy();
      if (error) reject(error);
      else resolve(result);
    });
  });
}

const poolOf = (source: DataSource): Pool =>
  (source.driver as DataSource['driver'] & { readonly pool: Pool }).pool;

const connect = (pool: Pool): Promise<PoolConnection> =>
  new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
  });

const ATTRIBUTE = 'SET @steward_entry = ?';
const CLEAR = 'SET @steward_entry = NULL';
const BEGIN = `${ATTRIBUTE}; START TRANSACTION`;
// COMMIT is the last: an error of what came behind it would look as if nothing had been committed.
const COMMIT = `${CLEAR}; COMMIT`;
const ROLLBACK = `ROLLBACK; ${CLEAR}`;

/**
 * Fails unless the statement before it hit so many rows. There is no plain assertion in SQL that MySQL and MariaDB share; a
 * sum beyond BIGINT is an error in both, whatever the mode, and costs next to nothing while it stays within.
 */
const assertHit = (rows: number) =>
  `SET @steward_hit = 9223372036854775807 + (ROW_COUNT() <> ${Number(rows)})`;
const OUT_OF_RANGE = 1690;

const textOf = ({ sql, mustHit }: Statement): string =>
  mustHit === undefined ? sql : `${sql}; ${assertHit(mustHit)}`;

const parametersOf = (statements: readonly Statement[]): unknown[] =>
  ([] as unknown[]).concat(...statements.map(({ parameters }) => parameters));

/** Whether something in the unit depends on the order of its statements, or cannot be shared. */
const isOrdered = ({ tail }: WholeUnit): boolean => tail.some(({ frame }) => frame === undefined);

/** What a unit does to captured tables in an order of its own, under its attribution. */
function attributed(unit: WholeUnit): Statement[] {
  if (!isOrdered(unit)) return [];
  const own = unit.tail.filter(({ frame }) => !frame || frame.isCaptured);
  return [{ sql: ATTRIBUTE, parameters: [unit.entryId] }, ...own];
}

/**
 * {@link listOf} of a captured row, whose parameters begin with its entry and once more with its first value. Rows are
 * inserted one after the other, each with its triggers: the first value of each says whose the row is. Compared with NULL
 * instead, the assignment would be optimised away.
 */
const attributedListOf = (values: readonly unknown[]): string =>
  listOf(values).replace('?', "IF((@steward_entry := ?) = '', ?, ?)");

/** What the units say in the same frame. */
interface Gathering {
  readonly frame: Frame;
  readonly lists: string[];
  readonly parameters: unknown[];
}

/** The framed statements of all units, one for each frame where their order allows it. */
function gathered(units: readonly WholeUnit[]): Gathering[] {
  const gatherings: Gathering[] = [];
  for (const unit of units) {
    const ordered = isOrdered(unit);
    let last = 0;
    for (const { frame, parameters } of unit.tail) {
      if (!frame || (ordered && frame.isCaptured)) continue;
      // A captured row may refer to one that its unit inserts before it.
      const from = frame.isCaptured ? last : 0;
      let gathering = gatherings.find((each, at) => each.frame === frame && at >= from);
      if (!gathering) gatherings.push((gathering = { frame, lists: [], parameters: [] }));
      if (frame.isCaptured) {
        last = gatherings.indexOf(gathering);
        gathering.parameters.push(unit.entryId, parameters[0]);
      }
      gathering.parameters.push(...parameters);
      gathering.lists.push(frame.isCaptured ? attributedListOf(parameters) : listOf(parameters));
    }
  }
  return gatherings;
}

/** The statement about all lists; it must hit as many rows as they must together. */
const statementOf = ({ frame, lists, parameters }: Gathering): Statement => ({
  sql: `${frame.before} ${lists.join(', ')} ${frame.after ?? ''}`,
  parameters,
  mustHit: frame.mustHit ? lists.length : undefined,
});

const connectionOf = async (runner: QueryRunner): Promise<PoolConnection> =>
  (await runner.connect()) as PoolConnection;

const READ_COMMITTED = 'SET SESSION TRANSACTION ISOLATION LEVEL READ COMMITTED';
const READ_ONLY = 'SET SESSION TRANSACTION READ ONLY';
/** One connection does nothing but hold the lock of {@link Dialect.exclusively}, however long the work takes on another. */
const PATIENT = `SET SESSION wait_timeout = ${24 * 60 * 60}`;

/** MySQL 8 and MariaDB through mysql2: a pool for units of work and a pool that the database keeps read-only. */
export const mysql: Dialect = {
  name: 'mysql',
  serialUnits: false,
  skipLocked: 'FOR UPDATE SKIP LOCKED',
  writer: (config) =>
    source(config, config.databaseUrl, config.databasePoolSize, [
      STRICT,
      READ_COMMITTED,
      `SET SESSION innodb_lock_wait_timeout = ${LOCK_WAIT_S}`,
    ]),
  reader: (config) =>
    source(config, config.databaseUrl, config.databasePoolSize, [STRICT, READ_COMMITTED, READ_ONLY]),
  migrator: (config) => source(config, config.databaseMigrationUrl, 2, [STRICT, PATIENT]),

  async begin(runner, entryId) {
    await send(await connectionOf(runner), BEGIN, [entryId]);
    markTransaction(runner, true);
  },

  async commit(runner, tail) {
    const sql = [...tail.map(textOf), COMMIT].join('; ');
    await send(await connectionOf(runner), sql, parametersOf(tail));
    markTransaction(runner, false);
  },

  async write(writer, units) {
    const shared = gathered(units);
    const captured = shared.filter(({ frame }) => frame.isCaptured);
    const uncaptured = shared.filter(({ frame }) => !frame.isCaptured);
    const statements = [
      // Conditions first: a unit that comes too late is to fail for that, and not for what it would have done.
      ...uncaptured.filter(({ frame }) => frame.mustHit).map(statementOf),
      ...units.flatMap(attributed),
      ...captured.map(statementOf),
      // Should any of these change a captured table after all, it is nobody's rather than somebody else's.
      { sql: CLEAR, parameters: [] },
      ...uncaptured.filter(({ frame }) => !frame.mustHit).map(statementOf),
    ];
    const connection = await connect(poolOf(writer));
    try {
      await send(
        connection,
        ['START TRANSACTION', ...statements.map(textOf), 'COMMIT'].join('; '),
        parametersOf(statements),
      );
    } catch (error) {
      // A connection that does not even roll back is nobody's any more.
      await send(connection, ROLLBACK, []).catch(() => connection.destroy());
      throw error;
    } finally {
      connection.release();
    }
  },

  async rollback(runner) {
    markTransaction(runner, false);
    // A connection that cannot be had, or is lost, has rolled back by itself.
    const connection = await connectionOf(runner).catch(() => undefined);
    if (connection) await send(connection, ROLLBACK, []).catch(() => connection.destroy());
  },

  isRetryable: (error) => DEADLOCK.includes(driverNumber(error) ?? 0),
  isFatal: (error) =>
    LOST.includes(String(driverCode(error))) ||
    UNAVAILABLE.includes(driverNumber(error) ?? 0) ||
    sqlState(error)?.startsWith(INTERRUPTED) === true ||
    (error as { fatal?: boolean })?.fatal === true,
  isUniqueViolation: (error) => DUPLICATE.includes(driverNumber(error) ?? 0),
  isMistake(error) {
    const state = sqlState(error);
    return (
      state !== undefined &&
      !NOT_THE_STATEMENT.includes(state.slice(0, 2)) &&
      !OVERLOADED.includes(driverNumber(error) ?? 0) &&
      !mysql.isFatal(error)
    );
  },
  isMissed: (error) => driverNumber(error) === OUT_OF_RANGE && /row_count/i.test(String(error)),

  async beginSnapshot(runner) {
    await runner.query(
      'SET TRANSACTION ISOLATION LEVEL REPEATABLE READ; START TRANSACTION WITH CONSISTENT SNAPSHOT',
    );
  },

  async readTogether(reader, statements) {
    const sql = statements.map((statement) => statement.sql).join('; ');
    const connection = await connect(poolOf(reader));
    try {
      const result = await send(connection, sql, parametersOf(statements));
      return (statements.length === 1 ? [result] : result) as unknown[][];
    } finally {
      connection.release();
    }
  },
  // With IN (…) a small table would be read from end to end, and wait for every row that somebody else has locked.
  deleteById: (table) => ({
    before: `DELETE ${table} FROM JSON_TABLE(JSON_ARRAY(`,
    after: `), '$[*]' COLUMNS (id varchar(40) CHARACTER SET ascii COLLATE ascii_bin PATH '$')) of_list
      STRAIGHT_JOIN ${table} FORCE INDEX (PRIMARY) ON ${table}.id = of_list.id`,
    mustHit: true,
  }),
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
