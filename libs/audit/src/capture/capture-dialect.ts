import type { ImageColumn, TablePlan } from './table-plan.js';
import { type LiveTable, type Query, readMysqlSchema, readSqliteSchema } from './live-schema.js';
import { mysqlImage, mysqlRowId, mysqlTriggers } from './triggers/mysql-triggers.js';
import { SQLITE_NOW, sqliteImage, sqliteRowId, sqliteTriggers } from './triggers/sqlite-triggers.js';
import { type InstalledTrigger, type Trigger, TRIGGER_PREFIX } from './triggers/trigger.js';

/** All that differs between the databases in capturing changes. */
export interface CaptureDialect {
  readSchema(query: Query): Promise<Map<string, LiveTable>>;
  readTriggers(query: Query): Promise<InstalledTrigger[]>;
  /** Whether the connected user may see triggers at all; without the privilege they are invisible, not absent. */
  seesTriggers(query: Query): Promise<boolean>;
  triggers(plan: TablePlan): Trigger[];
  image(columns: readonly ImageColumn[], row: string): string;
  rowId(primaryKey: readonly string[], row: string): string;
  quoted(name: string): string;
  readonly now: string;
  readonly user: string;
  /** Clause that keeps the rows that a baseline reads from changing meanwhile. */
  readonly shareLock: string;
  /** Schema changes can be rolled back. */
  readonly transactionalSchema: boolean;
  /** Runs once after triggers were replaced. */
  readonly afterReplacing: readonly string[];
}

const LIKE = `LIKE '${TRIGGER_PREFIX.replace('_', '!_')}%' ESCAPE '!'`;

export const sqliteCapture: CaptureDialect = {
  readSchema: readSqliteSchema,
  async readTriggers(query) {
    const rows = await query(
      `SELECT name, tbl_name, sql FROM sqlite_master WHERE type = 'trigger' AND name ${LIKE}`,
    );
    return rows.map((row) => ({
      name: String(row['name']),
      table: String(row['tbl_name']),
      installed: String(row['sql']),
    }));
  },
  async seesTriggers() {
    return true;
  },
  triggers: sqliteTriggers,
  image: sqliteImage,
  rowId: sqliteRowId,
  quoted: (name) => `"${name.replaceAll('"', '""')}"`,
  now: SQLITE_NOW,
  user: `'sqlite'`,
  shareLock: '',
  transactionalSchema: true,
  // A note about a row number is void once a migration has rebuilt the table.
  afterReplacing: ['UPDATE audit_replaced SET table_name = NULL'],
};

export const mysqlCapture: CaptureDialect = {
  readSchema: readMysqlSchema,
  async readTriggers(query) {
    const rows = await query(
      `SELECT trigger_name AS n, event_object_table AS t, action_timing AS w, event_manipulation AS e, action_statement AS s
       FROM information_schema.triggers WHERE trigger_schema = DATABASE() AND trigger_name ${LIKE}`,
    );
    return rows.map((row) => ({
      name: String(row['n']),
      table: String(row['t']),
      installed: `${String(row['w'])} ${String(row['e'])} ${String(row['s'])}`,
    }));
  },
  async seesTriggers(query) {
    const mine = `privilege_type = 'TRIGGER' AND grantee = CONCAT('''', REPLACE(CURRENT_USER(), '@', '''@'''), '''')`;
    const rows = await query(
      `SELECT 1 FROM information_schema.user_privileges WHERE ${mine}
       UNION SELECT 1 FROM information_schema.schema_privileges WHERE ${mine} AND DATABASE() LIKE table_schema`,
    );
    return rows.length > 0;
  },
  triggers: mysqlTriggers,
  image: mysqlImage,
  rowId: mysqlRowId,
  quoted: (name) => `\`${name.replaceAll('`', '``')}\``,
  now: 'UTC_TIMESTAMP(6)',
  user: 'USER()',
  shareLock: 'LOCK IN SHARE MODE',
  transactionalSchema: false,
  afterReplacing: [],
};

/** The capture dialect for a kernel dialect's name. */
export const captureDialect = (name: 'sqlite' | 'mysql'): CaptureDialect =>
  name === 'sqlite' ? sqliteCapture : mysqlCapture;
