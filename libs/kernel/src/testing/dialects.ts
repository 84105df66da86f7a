import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { describe, inject } from 'vitest';
import type { Environment } from '../config/define-config.js';
import { engines } from './engines.config.js';

/** A database that is a server; the same dialect of the kernel speaks to all of them. */
export type TestServer = 'mariadb' | 'mysql';

export type TestDialect = 'sqlite' | TestServer;

/** `mysql://<user>@<host>:<port>` of each server that is here, without a database. */
export type TestServers = Readonly<Record<TestServer, string | undefined>>;

/** An empty database, and the settings that lead to it. */
export interface TestDatabase {
  readonly dialect: TestDialect;
  /** DATA_DIR and, on a server, DATABASE_URL; NODE_ENV=test. */
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
  const server = inject('testServers')[dialect];
  if (!server) throw new Error(`There is no ${dialect} here; needs: ${engines[dialect].install}`);
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

/** Describes the same behaviour on every database: on SQLite always, and as {@link describeOnEveryServer} does. */
export function describeOnEveryDialect(name: string, suite: (dialect: TestDialect) => void): void {
  describe(`${name} (sqlite)`, () => suite('sqlite'));
  describeOnEveryServer(name, suite);
}

/** On MariaDB and on MySQL when they are here, else skipped by name with the line that would help. */
export function describeOnEveryServer(name: string, suite: (server: TestServer) => void): void {
  for (const server of ['mariadb', 'mysql'] as const) {
    const isHere = inject('testServers')[server] !== undefined;
    const title = isHere ? `${name} (${server})` : `${name} (${server}) — needs: ${engines[server].install}`;
    describe.runIf(isHere)(title, () => suite(server));
  }
}

async function onServer(url: string, sql: string): Promise<void> {
  const connection = await createConnection(url);
  try {
    await connection.query(sql);
  } finally {
    await connection.end();
  }
}
