import type { PoolConnection } from 'mysql2';
import type { QueryRunner } from 'typeorm';
import { OperatorError } from '../../config/operator-error.js';
import { type Dialect, markTransaction, type Statement } from './dialect.js';
import { ATTRIBUTE, batchOf, CLEAR } from './mysql-batch.js';
import { connect, poolOf, send, source } from './mysql-connections.js';
import { mysqlErrors } from './mysql-errors.js';

// A duplicate of a running request waits this long for the first one, then is told to come back.
const LOCK_WAIT_S = 2;

/**
 * Whatever the server's default: text that does not fit is refused and not cut, an engine that is missing is not
 * replaced, and a backslash escapes, which the driver takes for granted where it quotes values.
 */
const STRICT = "SET SESSION sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'";

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

const textOf = ({ sql, mustHit }: Statement): string =>
  mustHit === undefined ? sql : `${sql}; ${assertHit(mustHit)}`;

const parametersOf = (statements: readonly Statement[]): unknown[] =>
  ([] as unknown[]).concat(...statements.map(({ parameters }) => parameters));

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
    const statements = batchOf(units);
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

  async rollback(runner, error) {
    markTransaction(runner, false);
    // A connection that cannot be had, or is lost, has rolled back by itself.
    const connection = await connectionOf(runner).catch(() => undefined);
    if (!connection) return;
    // It may lead to a server that takes no changes any more; a new one leads to its successor.
    if (mysql.isFatal(error)) connection.destroy();
    else await send(connection, ROLLBACK, []).catch(() => connection.destroy());
  },

  ...mysqlErrors,

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
    if (Number(row.held) !== 1)
      throw new OperatorError('Another process has been migrating for more than 60 s.');
    try {
      return await work();
    } finally {
      await runner.query("SELECT RELEASE_LOCK('steward.migrate')");
    }
  },
};
