import type { ImageColumn, TablePlan } from '../table-plan.js';
import { deletionConditions, type GuardSql, transitionConditions } from '../transitions.js';
import { fingerprint, literal, triggerName, type Trigger } from './trigger.js';

type Row = 'OLD' | 'NEW';

/** The instant in the form in which the kernel keeps DATETIME(6) on SQLite, which counts milliseconds itself. */
export const SQLITE_NOW = `strftime('%Y-%m-%d %H:%M:%f', 'now')`;

/**
 * The triggers of one table in SQLite's SQL. The entry comes from the one-row table `audit_context`.
 *
 * `INSERT OR REPLACE` deletes the rows it clashes with and, unless the connection says `recursive_triggers`, fires no
 * trigger for it. So the BEFORE triggers note the row that is in the way (`audit_replaced`, one row), and the AFTER
 * triggers refuse the statement when that row has gone. A plain duplicate or an upsert leaves the row where it is and
 * runs as ever.
 */
export function sqliteTriggers(plan: TablePlan): Trigger[] {
  const triggers: Trigger[] = [];
  const add = (role: string, when: string, statements: readonly string[]) =>
    triggers.push(trigger(plan.table, triggerName(plan.table, role), when, statements));
  const table = quoted(plan.table);
  const insert = plan.captured ? [record(plan, 'insert')] : [];
  add('note_insert', `BEFORE INSERT ON ${table} WHEN EXISTS (${inTheWay(plan, '')})`, [note(plan, '')]);
  add('insert', `AFTER INSERT ON ${table}`, [refuseReplaced(plan, `n.row_number = NEW.rowid OR`), ...insert]);
  if (plan.appendOnly) {
    const { allowedTransitions, allowedDeletion, columns } = plan;
    const unless = (conditions: readonly string[]) =>
      conditions.length > 0 ? ` WHEN NOT (${conditions.join(' OR ')})` : '';
    const updates = unless(transitionConditions(allowedTransitions, columns, GUARD));
    add('guard_update', `BEFORE UPDATE ON ${table}${updates}`, [refuse(plan, 'UPDATE')]);
    const deletions = unless(deletionConditions(allowedDeletion, GUARD));
    add('guard_delete', `BEFORE DELETE ON ${table}${deletions}`, [refuse(plan, 'DELETE')]);
    return triggers;
  }
  const other = `AND rowid <> OLD.rowid`;
  const keys = [...new Set([...plan.primaryKey, ...plan.uniqueKeys.flat()])].map(quoted).join(', ');
  add('note_update', `BEFORE UPDATE OF ${keys} ON ${table} WHEN EXISTS (${inTheWay(plan, other)})`, [
    note(plan, other),
  ]);
  add('update', `AFTER UPDATE ON ${table}`, [
    refuseReplaced(plan, `n.row_number <> OLD.rowid AND`),
    ...recordUpdate(plan),
  ]);
  add('delete', `AFTER DELETE ON ${table}`, [clearNote(plan), record(plan, 'delete')]);
  return triggers;
}

/** The image of a row, from the alias or record `row`, as the triggers write it. */
export function sqliteImage(columns: readonly ImageColumn[], row: string): string {
  return `json_object(${columns.map((column) => `${literal(column.name)}, ${asText(column, row)}`).join(', ')})`;
}

/** The row's id: its primary key's value, or a JSON array of them. */
export function sqliteRowId(primaryKey: readonly string[], row: string): string {
  const parts = primaryKey.map((name) => `CAST(${row}.${quoted(name)} AS TEXT)`);
  return parts.length === 1 ? parts.join('') : `json_array(${parts.join(', ')})`;
}

const quoted = (name: string) => `"${name.replaceAll('"', '""')}"`;

/** SQLite types values, not columns, so whatever may hold a fraction or bytes is asked for its type. */
function asText({ name, kind }: ImageColumn, row: string): string {
  const value = `${row}.${quoted(name)}`;
  if (kind === 'text' || kind === 'number') return `CAST(${value} AS TEXT)`;
  const hex = `WHEN 'null' THEN NULL`;
  if (kind === 'binary') return `CASE typeof(${value}) ${hex} ELSE hex(${value}) END`;
  return `CASE typeof(${value}) WHEN 'real' THEN printf('%!.17g', ${value}) WHEN 'blob' THEN hex(${value}) ELSE CAST(${value} AS TEXT) END`;
}

function record(plan: TablePlan, operation: 'insert' | 'update' | 'delete', where = ''): string {
  const image = (row: Row) => sqliteImage(plan.image, row);
  const before = operation === 'insert' ? 'NULL' : image('OLD');
  const after = operation === 'delete' ? 'NULL' : image('NEW');
  const rowId = sqliteRowId(plan.primaryKey, operation === 'delete' ? 'OLD' : 'NEW');
  return `INSERT INTO row_change (table_name, row_id, operation, before_image, after_image, entry_id, database_user, changed_at)
SELECT ${literal(plan.table)}, ${rowId}, '${operation}', ${before}, ${after}, (SELECT entry_id FROM audit_context), 'sqlite', ${SQLITE_NOW}${where}`;
}

/** A changed primary key ends one row's history and begins another's. */
function recordUpdate(plan: TablePlan): string[] {
  const same = plan.primaryKey.map((name) => `OLD.${quoted(name)} IS NEW.${quoted(name)}`).join(' AND ');
  return [
    record(plan, 'update', ` WHERE ${same}`),
    record(plan, 'delete', ` WHERE NOT (${same})`),
    record(plan, 'insert', ` WHERE NOT (${same})`),
    ...(plan.numbersItself ? [`${clearNote(plan)} AND NOT (${same})`] : []),
  ];
}

/** Selects a row that has one of the new row's unique keys. */
function inTheWay(plan: TablePlan, and: string): string {
  const clashes = [plan.primaryKey, ...plan.uniqueKeys].map(
    (key) => `(${key.map((name) => `${quoted(name)} = NEW.${quoted(name)}`).join(' AND ')})`,
  );
  return `SELECT rowid FROM ${quoted(plan.table)} WHERE (${clashes.join(' OR ')}) ${and}`.trimEnd();
}

/** What names the new row both before and after it has been inserted. */
const newKey = (plan: TablePlan) => (plan.numbersItself ? `''` : sqliteRowId(plan.primaryKey, 'NEW'));

const note = (plan: TablePlan, and: string) =>
  `UPDATE audit_replaced SET table_name = ${literal(plan.table)}, new_key = ${newKey(plan)}, row_number = (${inTheWay(plan, and)} LIMIT 1)`;

const clearNote = (plan: TablePlan) =>
  `UPDATE audit_replaced SET table_name = NULL WHERE table_name = ${literal(plan.table)} AND row_number = OLD.rowid`;

function refuseReplaced(plan: TablePlan, condition: string): string {
  const message = `steward: OR REPLACE on table ${plan.table} would delete a row off the record; use ON CONFLICT DO UPDATE`;
  return `SELECT RAISE(ABORT, ${literal(message)}) FROM audit_replaced n WHERE n.table_name = ${literal(plan.table)} AND n.new_key = ${newKey(plan)}
AND (${condition} NOT EXISTS (SELECT 1 FROM ${quoted(plan.table)} WHERE rowid = n.row_number))`;
}

const GUARD: GuardSql = {
  quoted,
  same: ({ name }) => `OLD.${quoted(name)} IS NEW.${quoted(name)}`,
};

const refuse = (plan: TablePlan, event: string) =>
  `SELECT RAISE(ABORT, ${literal(`steward: table ${plan.table} is append-only, ${event} refused`)})`;

function trigger(table: string, name: string, when: string, statements: readonly string[]): Trigger {
  const body = statements.join(';\n');
  const create = `CREATE TRIGGER ${quoted(name)} ${when} BEGIN\n/* ${fingerprint(when + body)} */\n${body};\nEND`;
  return { name, table, create, installed: create };
}
