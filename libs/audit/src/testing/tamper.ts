import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { TestDatabase } from '#kernel/testing';

/** A database administrator with every right, on a connection that the application knows nothing of. */
export interface Tamperer {
  run(sql: string, parameters?: unknown[]): Promise<Record<string, unknown>[]>;
}

/**
 * Lets `work` change anything: our triggers are off meanwhile and back afterwards, word by word, so that nothing shows.
 * Foreign keys are not looked at.
 */
export async function tamper(
  database: TestDatabase,
  work: (tamperer: Tamperer) => Promise<void>,
): Promise<void> {
  return database.url === undefined ? tamperSqlite(database, work) : tamperMysql(database.url, work);
}

async function tamperSqlite({ dataDir }: TestDatabase, work: (tamperer: Tamperer) => Promise<void>) {
  const Sqlite = createRequire(import.meta.url)('better-sqlite3') as typeof import('better-sqlite3');
  const connection = new Sqlite(join(dataDir, 'steward.sqlite'));
  try {
    connection.pragma('foreign_keys = OFF');
    const triggers = connection
      .prepare<[], { name: string; sql: string }>(
        `SELECT name, sql FROM sqlite_master WHERE type = 'trigger' AND name LIKE 'steward%'`,
      )
      .all();
    for (const { name } of triggers) connection.exec(`DROP TRIGGER "${name}"`);
    await work({
      run: async (sql, parameters = []) => {
        const statement = connection.prepare<unknown[], Record<string, unknown>>(sql);
        if (statement.reader) return statement.all(...parameters);
        statement.run(...parameters);
        return [];
      },
    });
    for (const { sql } of triggers) connection.exec(sql);
  } finally {
    connection.close();
  }
}

async function tamperMysql(url: string, work: (tamperer: Tamperer) => Promise<void>) {
  // What is read and put back must not lose digits on the way.
  const connection = await createConnection({ uri: url, dateStrings: true });
  const run = async (sql: string, parameters: unknown[] = []) => {
    const [rows] = await connection.query<RowDataPacket[]>(sql, parameters);
    return Array.isArray(rows) ? rows : [];
  };
  try {
    await run('SET foreign_key_checks = 0');
    await run(`SET sql_mode = 'STRICT_ALL_TABLES,ERROR_FOR_DIVISION_BY_ZERO,NO_ENGINE_SUBSTITUTION'`);
    const names = await run(
      `SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND trigger_name LIKE 'steward%'`,
    );
    const creates: string[] = [];
    for (const { name } of names) {
      const [row] = await run(`SHOW CREATE TRIGGER \`${String(name)}\``);
      creates.push(String(row?.['SQL Original Statement']));
    }
    for (const { name } of names) await run(`DROP TRIGGER \`${String(name)}\``);
    await work({ run });
    for (const create of creates) await run(create);
  } finally {
    await connection.end();
  }
}

/** All rows of all tables, to be put back later as a restored backup does. */
export type Backup = ReadonlyMap<string, readonly Record<string, unknown>[]>;

/** Copies every table. */
export async function backUp(by: Tamperer, database: TestDatabase): Promise<Backup> {
  const tables = await by.run(
    database.url === undefined
      ? `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite%'`
      : `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE()`,
  );
  const backup = new Map<string, Record<string, unknown>[]>();
  for (const { name } of tables)
    backup.set(String(name), await by.run(`SELECT * FROM ${quoted(String(name))}`));
  return backup;
}

/** Puts every table back as it was. */
export async function restore(by: Tamperer, backup: Backup): Promise<void> {
  for (const [table, rows] of backup) {
    await by.run(`DELETE FROM ${quoted(table)}`);
    await insertRows(by, table, rows);
  }
}

export async function insertRows(
  by: Tamperer,
  table: string,
  rows: readonly Record<string, unknown>[],
): Promise<void> {
  for (const row of rows) {
    const names = Object.keys(row);
    await by.run(
      `INSERT INTO ${quoted(table)} (${names.map(quoted).join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
      Object.values(row),
    );
  }
}

/** Both databases take backticks. */
const quoted = (name: string) => `\`${name}\``;
