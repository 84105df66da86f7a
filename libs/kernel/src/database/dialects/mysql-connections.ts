import { createRequire } from 'node:module';
import type { Connection, Pool, PoolConnection, PoolOptions } from 'mysql2';
import type { DataSource, DataSourceOptions } from 'typeorm';
import type { KernelConfig } from '../../config/kernel.config.js';
import { detached } from '../../context/ambient.js';
import { commonOptions } from '../common-options.js';
import { mysqlErrors } from './mysql-errors.js';

const mysql2 = createRequire(import.meta.url)('mysql2') as typeof import('mysql2');

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
export function source(
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
 * An answer that has not come by then never will: the server gives none when it is told to kill a query between two
 * statements of one text. What the transaction holds is only let go with its connection.
 */
const ANSWER_MS = 60_000;

/**
 * Statements of one round trip, by the driver directly: TypeORM's own way costs as much again. A connection of which
 * nobody knows what it has done is not used again.
 */
export function send(
  connection: PoolConnection,
  sql: string,
  parameters: readonly unknown[],
): Promise<unknown> {
  return new Promise((resolve, reject) => {
    connection.query({ sql, timeout: ANSWER_MS }, parameters as unknown[], (error, result) => {
      if (error && mysqlErrors.isFatal(error)) connection.destroy();
      if (error) reject(error);
      else resolve(result);
    });
  });
}

export const poolOf = (source: DataSource): Pool =>
  (source.driver as DataSource['driver'] & { readonly pool: Pool }).pool;

export const connect = (pool: Pool): Promise<PoolConnection> =>
  new Promise((resolve, reject) => {
    pool.getConnection((error, connection) => (error ? reject(error) : resolve(connection)));
  });
