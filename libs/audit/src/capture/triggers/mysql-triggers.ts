import type { LiveColumn } from '../live-schema.js';
import type { ImageColumn, TablePlan } from '../table-plan.js';
import { deletionConditions, type GuardSql, transitionConditions } from '../transitions.js';
import { fingerprint, literal, triggerName, type Trigger } from './trigger.js';

type Row = 'OLD' | 'NEW';

/**
 * The triggers of one table in the SQL that MySQL 8 and MariaDB share.
 * The entry comes from the session variable `@steward_entry`, which the unit of work sets.
 */
export function mysqlTriggers(plan: TablePlan): Trigger[] {
  const triggers: Trigger[] = [];
  const add = (
    timing: 'BEFORE' | 'AFTER',
    event: 'INSERT' | 'UPDATE' | 'DELETE',
    role: string,
    statement: string,
  ) => triggers.push(trigger(plan.table, triggerName(plan.table, role), timing, event, statement));
  if (plan.captured) add('AFTER', 'INSERT', 'insert', record(plan, 'insert'));
  if (plan.appendOnly) {
    const { allowedTransitions, allowedDeletion, columns } = plan;
    const updates = transitionConditions(allowedTransitions, columns, GUARD);
    add('BEFORE', 'UPDATE', 'guard_update', guard(plan, 'UPDATE', updates));
    const deletions = deletionConditions(allowedDeletion, GUARD);
    add('BEFORE', 'DELETE', 'guard_delete', guard(plan, 'DELETE', deletions));
  } else if (plan.captured) {
    add('AFTER', 'UPDATE', 'update', recordUpdate(plan));
    add('AFTER', 'DELETE', 'delete', record(plan, 'delete'));
  }
  return triggers;
}

/**
 * The image of a row, from the alias or record `row`, as the triggers write it: a JSON object of strings and nulls.
 * It is concatenated because JSON_OBJECT takes four times as long.
 */
export function mysqlImage(columns: readonly ImageColumn[], row: string): string {
  const members = columns.map(
    (column, index) => `${literal(`${index === 0 ? '{' : ','}"${column.name}":`)}, ${asJson(column, row)}`,
  );
  return `CONCAT(${[...members, `'}'`].join(', ')})`;
}

/** The row's id: its primary key's value, or a JSON array of them. */
export function mysqlRowId(primaryKey: readonly string[], row: string): string {
  const parts = primaryKey.map((name) => `CAST(${row}.${quoted(name)} AS CHAR)`);
  if (parts.length === 1) return parts.join('');
  return `CONCAT('[', ${parts.map((part) => `JSON_QUOTE(${part})`).join(`, ',', `)}, ']')`;
}

const quoted = (name: string) => `\`${name.replaceAll('`', '``')}\``;

function asJson({ name, kind }: ImageColumn, row: string): string {
  const value = `${row}.${quoted(name)}`;
  switch (kind) {
    case 'text':
      return `IFNULL(JSON_QUOTE(${value}), 'null')`;
    case 'binary':
      return `IFNULL(CONCAT('"', HEX(${value}), '"'), 'null')`;
    case 'number':
      return `IFNULL(CONCAT('"', ${value}, '"'), 'null')`;
    case 'bits':
      return `IFNULL(CONCAT('"', ${value} + 0, '"'), 'null')`;
    default:
      return `IFNULL(JSON_QUOTE(CAST(${value} AS CHAR)), 'null')`;
  }
}

function record(plan: TablePlan, operation: 'insert' | 'update' | 'delete'): string {
  const image = (row: Row) => mysqlImage(plan.image, row);
  const before = operation === 'insert' ? 'NULL' : image('OLD');
  const after = operation === 'delete' ? 'NULL' : image('NEW');
  const rowId = mysqlRowId(plan.primaryKey, operation === 'delete' ? 'OLD' : 'NEW');
  return `INSERT INTO row_change (table_name, row_id, operation, before_image, after_image, entry_id, database_user, changed_at)
VALUES (${literal(plan.table)}, ${rowId}, '${operation}', ${before}, ${after}, @steward_entry, USER(), UTC_TIMESTAMP(6));`;
}

/** A changed primary key ends one row's history and begins another's. */
function recordUpdate(plan: TablePlan): string {
  const same = plan.primaryKey.map((name) => sameBytes(name)).join(' AND ');
  return `IF ${same} THEN
${record(plan, 'update')}
ELSE
${record(plan, 'delete')}
${record(plan, 'insert')}
END IF;`;
}

const sameBytes = (name: string) =>
  `CAST(OLD.${quoted(name)} AS BINARY) <=> CAST(NEW.${quoted(name)} AS BINARY)`;

/**
 * The guards run for every row that the sequencer touches, and converting a value to bytes takes longer than its update:
 * only text is, which may be equal without being the same.
 */
const unchanged = ({ name, kind }: LiveColumn): string =>
  kind === 'number' || kind === 'binary' ? `OLD.${quoted(name)} <=> NEW.${quoted(name)}` : sameBytes(name);

const GUARD: GuardSql = { quoted, same: unchanged };

/** Refuses unless one of the conditions holds. Each is a statement of its own: the database prepares whatever it runs, row by row. */
function guard(plan: TablePlan, event: string, unless: readonly string[]): string {
  const message = literal(`steward: table ${plan.table} is append-only, ${event} refused`.slice(0, 128));
  return unless.reduceRight(
    (inner, condition) => `IF NOT ${condition} THEN\n${inner}\nEND IF;`,
    `SIGNAL SQLSTATE '45000' SET MESSAGE_TEXT = ${message};`,
  );
}

function trigger(table: string, name: string, timing: string, event: string, statement: string): Trigger {
  const body = `BEGIN\n/* ${fingerprint(statement)} */\n${statement}\nEND`;
  return {
    name,
    table,
    create: `CREATE TRIGGER ${quoted(name)} ${timing} ${event} ON ${quoted(table)} FOR EACH ROW ${body}`,
    installed: `${timing} ${event} ${body}`,
  };
}
