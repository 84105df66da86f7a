import { join } from 'node:path';
import Database from 'better-sqlite3';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { TestDatabase } from '#kernel/testing';

type Row = Record<string, unknown>;

/** A look into the database from outside the application. */
export interface Inspector {
  query(sql: string): Promise<Row[]>;
  tables(): Promise<string[]>;
  /** The content of every table, as text that can be compared. */
  contents(except?: RegExp): Promise<Map<string, string>>;
  close(): Promise<void>;
}

export async function inspect(database: TestDatabase): Promise<Inspector> {
  return database.url === undefined ? sqliteInspector(database) : mariadbInspector(database.url);
}

function sqliteInspector(database: TestDatabase): Inspector {
  const connection = new Database(join(database.dataDir, 'steward.sqlite'), {
    readonly: true,
    fileMustExist: true,
  });
  return inspector(
    async (sql) => connection.prepare(sql).all() as Row[],
    `SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%' ORDER BY name`,
    '"',
    async () => {
      connection.close();
    },
  );
}

async function mariadbInspector(url: string): Promise<Inspector> {
  const connection = await createConnection({
    uri: url,
    dateStrings: true,
    supportBigNumbers: true,
    bigNumberStrings: true,
  });
  return inspector(
    async (sql) => (await connection.query<RowDataPacket[]>(sql))[0],
    `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = DATABASE() AND table_type = 'BASE TABLE' ORDER BY table_name`,
    '`',
    () => connection.end(),
  );
}

function inspector(
  query: (sql: string) => Promise<Row[]>,
  listTables: string,
  quote: string,
  close: () => Promise<void>,
): Inspector {
  const tables = async () => (await query(listTables)).map((row) => String(row['name']));
  return {
    query,
    tables,
    close,
    async contents(except) {
      const found = new Map<string, string>();
      for (const table of await tables()) {
        if (except?.test(table) === true) continue;
        const rows = await query(`SELECT * FROM ${quote}${table}${quote}`);
        found.set(table, rows.map(asText).sort().join('\n'));
      }
      return found;
    },
  };
}

function asText(row: Row): string {
  return JSON.stringify(row, (_key, value: unknown) =>
    typeof value === 'bigint' ? value.toString() : value,
  );
}
