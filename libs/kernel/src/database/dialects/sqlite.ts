import { existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { DataSource, type DataSourceOptions, type QueryRunner } from 'typeorm';
import type { KernelConfig } from '../../config/kernel.config.js';
import { OperatorError } from '../../config/operator-error.js';
import { commonOptions } from '../common-options.js';
import { type Dialect, driverCode, markTransaction, type Statement } from './dialect.js';

const LOCK_WAIT_MS = 60_000;
const LOCK_NAP_MS = 50;

interface Pragmas {
  pragma(text: string): unknown;
}

const file = (config: KernelConfig) => join(config.dataDir, 'steward.sqlite');

function source(config: KernelConfig, readonly: boolean, ...pragmas: string[]): DataSourceOptions {
  if (!config.mayCreate && !existsSync(file(config)))
    throw new OperatorError(`There is no database: ${file(config)} does not exist.`);
  // The file holds wrapped keys and password hashes: nobody else on the machine has business in there.
  mkdirSync(config.dataDir, { recursive: true, mode: 0o700 });
  return {
    ...commonOptions(),
    type: 'better-sqlite3',
    database: file(config),
    readonly,
    ...(readonly ? { fileMustExist: true } : {}),
    timeout: 2000,
    prepareDatabase: (database: Pragmas) => {
      if (!readonly) {
        database.pragma('journal_mode = WAL');
        // An acknowledged write survives a power cut, and what is deleted is overwritten.
        database.pragma('synchronous = FULL');
        database.pragma('secure_delete = ON');
        // Without it the DELETE half of INSERT OR REPLACE fires no trigger.
        database.pragma('recursive_triggers = ON');
      }
      database.pragma('foreign_keys = ON');
      for (const pragma of pragmas) database.pragma(pragma);
    },
  };
}

/** A statement in the tail of a unit did not change as many rows as it must. */
class MissedRow extends Error {}

const attribute = (runner: QueryRunner, entryId: string | null): Promise<unknown> =>
  runner.query('UPDATE audit_context SET entry_id = ?', [entryId]);

async function runTail(runner: QueryRunner, tail: readonly Statement[]): Promise<void> {
  for (const { sql, parameters, mustHit } of tail) {
    const { affected } = await runner.query(sql, parameters.map(sqlite.parameter), true);
    if (mustHit !== undefined && affected !== mustHit) throw new MissedRow(sql);
  }
}

/** SQLite in one file: a single writing connection and a read-only one beside it on the same WAL file. */
export const sqlite: Dialect = {
  name: 'sqlite',
  serialUnits: true,
  skipLocked: '',
  writer: (config) => source(config, false),
  reader: (config) => source(config, true),
  // TypeORM rebuilds a table to alter it; the triggers of others may name it while it is away.
  migrator: (config) => source(config, false, 'legacy_alter_table = ON'),

  async begin(runner, entryId) {
    // IMMEDIATE takes the write lock before anything is read: a deferred transaction that reads first cannot be upgraded.
    await runner.query('BEGIN IMMEDIATE');
    markTransaction(runner, true);
    await attribute(runner, entryId);
  },

  async commit(runner, tail) {
    await runTail(runner, tail);
    await attribute(runner, null);
    await runner.query('COMMIT');
    markTransaction(runner, false);
  },

  async write(writer, units) {
    const runner = writer.createQueryRunner();
    try {
      await runner.query('BEGIN IMMEDIATE');
      for (const { entryId, tail } of units) {
        await attribute(runner, entryId);
        await runTail(runner, tail);
      }
      await sqlite.commit(runner, []);
    } catch (error) {
      await sqlite.rollback(runner, error);
      throw error;
    } finally {
      await runner.release();
    }
  },

  async rollback(runner) {
    markTransaction(runner, false);
    await runner.query('ROLLBACK').catch((error: unknown) => {
      // SQLite has ended the transaction by itself after some errors.
      if (!String(error).includes('no transaction is active')) throw error;
    });
  },

  isRetryable: (error) => /^SQLITE_(BUSY|LOCKED)/.test(String(driverCode(error))),
  isFatal: (error) => /^SQLITE_(IOERR|FULL|CORRUPT|NOMEM|INTERRUPT)/.test(String(driverCode(error))),
  isUniqueViolation: (error) => /^SQLITE_CONSTRAINT_(UNIQUE|PRIMARYKEY)/.test(String(driverCode(error))),

  isMistake: (error) => !sqlite.isRetryable(error) && !sqlite.isFatal(error),
  isMissed: (error) => error instanceof MissedRow,

  async beginSnapshot(runner) {
    await runner.query('BEGIN');
    // The moment is that of the first read.
    await runner.query('SELECT 1 FROM sqlite_master LIMIT 1');
  },

  async readTogether(reader, statements) {
    const answers: unknown[][] = [];
    for (const { sql, parameters } of statements) answers.push(await reader.query(sql, [...parameters]));
    return answers;
  },

  deleteById: (table) => ({ before: `DELETE FROM ${table} WHERE id IN (`, after: ')', mustHit: true }),
  onConflict: (key) => `ON CONFLICT (${key.join(', ')}) DO UPDATE SET`,

  parameter(value) {
    if (value instanceof Date) return value.toISOString().replace('T', ' ').replace('Z', '');
    if (typeof value === 'boolean') return value ? 1 : 0;
    return value;
  },

  async scrub(runner) {
    // Old pages live on in the WAL until it is checkpointed and cut.
    const [result] = (await runner.query('PRAGMA wal_checkpoint(TRUNCATE)')) as { busy: number }[];
    if (result?.busy) throw new Error('The write-ahead log is still being read and could not be cut');
  },

  async exclusively(runner, work) {
    const path = `${String(runner.connection.options.database)}.migrating`;
    const lock = await new DataSource({ type: 'better-sqlite3', database: path, timeout: 1 }).initialize();
    try {
      await takeLock(lock);
      return await work();
    } finally {
      await lock.destroy();
    }
  },
};

/**
 * Holds the exclusive lock of a file beside the database, which a crash gives back. The database's own lock would not
 * do: it is free between one migration and the next.
 */
async function takeLock(lock: DataSource): Promise<void> {
  for (let waitedMs = 0; ; waitedMs += LOCK_NAP_MS) {
    try {
      await lock.query('BEGIN EXCLUSIVE');
      return;
    } catch (error) {
      if (!sqlite.isRetryable(error)) throw error;
      if (waitedMs >= LOCK_WAIT_MS)
        throw new OperatorError('Another process has been migrating for more than 60 s.');
    }
    await delay(LOCK_NAP_MS);
  }
}
