import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { describe, inject } from 'vitest';
import type { Environment } from '../config/define-config.js';
import { engines } from './engines.config.js';

export type TestDialect = 'sqlite' | 'mariadb';

/** An empty database, and the settings that lead to it. */
export interface TestDatabase {
  readonly dialect: TestDialect;
  /** DATA_DIR and, on MariaDB, DATABASE_URL; NODE_ENV=test. */
  readonly environment: Environment;
  readonly dataDir: string;
  readonly url: string | undefined;
  remove(): Promise<void>;
}

/** Makes an empty database that nothing else uses. */
export async function testDatabase(dialect: TestDialect): Promise<TestDatabase> {
  const dataDir = mkdtempSync(join(tmpdir(), 'steward-test-'));
  const environment: Record<string, string> = { NODE_ENV: 'test', DATA_DIR: dataDir };
  const removeFiles = () => rmSync(dataDir, { recursive: true, force: true });
  if (dialect === 'sqlite') {
    return { dialect, environment, dataDir, url: undefined, remove: async () => removeFiles() };
  }
  const server = inject('mariadbUrl');
  if (!server) throw new Error(`MariaDB is not installed: ${engines.mariadb.install}`);
  const name = `steward_${randomBytes(6).toString('hex')}`;
  await onServer(server, `CREATE DATABASE ${name} CHARACTER SET utf8mb4`);
  const url = `${server}/${name}`;
  return {
    dialect,
    environment: { ...environment, DATABASE_URL: url },
    dataDir,
    url,
    async remove() {
      await onServer(server, `DROP DATABASE IF EXISTS ${name}`);
      removeFiles();
    },
  };
}

/**
 * Describes the same behaviour on every database: on SQLite always, on MariaDB when it is installed, else skipped by
 * name with the line that installs it.
 */
export function describeOnEveryDialect(name: string, suite: (dialect: TestDialect) => void): void {
  describe(`${name} (sqlite)`, () => suite('sqlite'));
  const isHere = inject('mariadbUrl') !== null;
  const title = isHere ? `${name} (mariadb)` : `${name} (mariadb) — needs: ${engines.mariadb.install}`;
  describe.runIf(isHere)(title, () => suite('mariadb'));
}

async function onServer(url: string, sql: string): Promise<void> {
  const connection = await createConnection(url);
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}
