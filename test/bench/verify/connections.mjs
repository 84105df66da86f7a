// The two databases behind one small interface, for filling.
import { createRequire } from 'node:module';
import { join } from 'node:path';
import mysql from 'mysql2/promise';

const Sqlite = createRequire(import.meta.url)('better-sqlite3');
const SQLITE_PARAMETERS = 30_000;

/** Connects to the database that the environment names. */
export const connect = ({ DATABASE_URL, DATA_DIR }) =>
  DATABASE_URL === undefined ? connectSqlite(join(DATA_DIR, 'steward.sqlite')) : connectMysql(DATABASE_URL);

async function connectMysql(uri) {
  const connection = await mysql.createConnection({ uri, dateStrings: true });
  const query = async (sql, parameters = []) => (await connection.query(sql, parameters))[0];
  await query('SET SESSION unique_checks = 0, SESSION foreign_key_checks = 0');
  // Nobody measures the writing.
  await query('SET GLOBAL innodb_flush_log_at_trx_commit = 0');
  return {
    dialect: 'mysql',
    query,
    async insert(table, columns, rows) {
      if (rows.length > 0) await query(`INSERT INTO ${table} (${columns}) VALUES ?`, [rows]);
    },
    /** The triggers of a table as the statements that make them again. */
    async triggersOf(table) {
      const names = await query(
        'SELECT trigger_name AS name FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND event_object_table = ?',
        [table],
      );
      const triggers = [];
      for (const { name } of names) {
        const [row] = await query('SHOW CREATE TRIGGER ??', [name]);
        triggers.push({ name, create: row['SQL Original Statement'] });
      }
      return triggers;
    },
    begin: () => query('START TRANSACTION'),
    commit: () => query('COMMIT'),
    async close() {
      await query('SET GLOBAL innodb_flush_log_at_trx_commit = 1');
      await query('ANALYZE TABLE audit_entry, row_change, payment');
      await connection.end();
    },
  };
}

function connectSqlite(file) {
  const connection = new Sqlite(file);
  connection.pragma('synchronous = OFF');
  const statements = new Map();
  const prepared = (sql) => {
    if (!statements.has(sql)) statements.set(sql, connection.prepare(sql));
    return statements.get(sql);
  };
  const query = async (sql, parameters = []) => {
    const statement = prepared(sql);
    return statement.reader ? statement.all(...parameters) : statement.run(...parameters);
  };
  return {
    dialect: 'sqlite',
    query,
    async insert(table, columns, rows) {
      const width = columns.split(',').length;
      const perStatement = Math.floor(SQLITE_PARAMETERS / width);
      for (let start = 0; start < rows.length; start += perStatement) {
        const part = rows.slice(start, start + perStatement);
        const marks = part.map(() => `(${Array(width).fill('?').join(', ')})`).join(', ');
        await query(`INSERT INTO ${table} (${columns}) VALUES ${marks}`, part.flat());
      }
    },
    async triggersOf(table) {
      return connection
        .prepare(`SELECT name, sql AS "create" FROM sqlite_master WHERE type = 'trigger' AND tbl_name = ?`)
        .all(table);
    },
    begin: () => query('BEGIN'),
    commit: () => query('COMMIT'),
    async close() {
      connection.exec('ANALYZE');
      connection.close();
    },
  };
}
