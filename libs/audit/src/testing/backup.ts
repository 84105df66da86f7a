import { copyFileSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { createConnection, type RowDataPacket } from 'mysql2/promise';
import type { TestDatabase } from '#kernel/testing';

/** A copy of a database as it was; nothing of `DATA_DIR` beside it. */
export interface Backup {
  /** The database as it was, for an application that starts anew. To be called while none runs. */
  restore(): Promise<TestDatabase>;
}

/** Copies a database whose application has stopped. */
export async function backUp(database: TestDatabase): Promise<Backup> {
  if (database.url === undefined) {
    const file = join(database.dataDir, 'steward.sqlite');
    copyFileSync(file, `${file}.backup`);
    return {
      async restore() {
        for (const name of readdirSync(database.dataDir).filter((each) => /^steward\.sqlite(-|$)/.test(each)))
          rmSync(join(database.dataDir, name));
        copyFileSync(`${file}.backup`, file);
        return database;
      },
    };
  }
  const { url } = database;
  const name = new URL(url).pathname.slice(1);
  let copies = 0;
  await copyTables(url, name, `${name}_backup`);
  return {
    async restore() {
      copies += 1;
      const copy = `${name}_restored${copies}`;
      await copyTables(url, `${name}_backup`, copy);
      const restored = new URL(url);
      restored.pathname = `/${copy}`;
      return {
        ...database,
        url: restored.href,
        environment: { ...database.environment, DATABASE_URL: restored.href },
      };
    },
  };
}

/** Without triggers: starting the application puts them in place. */
async function copyTables(url: string, from: string, to: string): Promise<void> {
  const connection = await createConnection({ uri: url, multipleStatements: true });
  try {
    await connection.query(`CREATE DATABASE ${to} CHARACTER SET utf8mb4; SET foreign_key_checks = 0`);
    const [tables] = await connection.query<RowDataPacket[]>(
      `SELECT table_name AS name FROM information_schema.tables WHERE table_schema = ?`,
      [from],
    );
    for (const table of tables.map((row) => String(row['name']))) {
      await connection.query(`CREATE TABLE ${to}.${table} LIKE ${from}.${table}`);
      await connection.query(`INSERT INTO ${to}.${table} SELECT * FROM ${from}.${table}`);
    }
  } finally {
    await connection.end();
  }
}
