import type { Unit } from '#kernel';
import { type TermFacts, termsOf } from './terms.js';

/** An entry that receives its place in the log, with what belongs to it. */
export interface IndexedEntry {
  readonly entry: TermFacts;
  /** The people whom it is about, beside the one that the entry itself names. */
  readonly subjects: readonly string[];
  readonly changes: readonly IndexedChange[];
}

export interface IndexedChange {
  readonly id: string | number;
  readonly tableName: string;
  readonly rowId: string;
}

/** SQLite takes 32,766 parameters in one statement. */
const MAX_PARAMETERS = 30_000;

/**
 * Makes entries findable, in the unit that gives them their place in the log: by their terms, and their changes by the
 * row. Whoever searches looks at entries without a place one by one, so the two have to happen together.
 */
export function appendIndex(unit: Unit, entries: readonly IndexedEntry[]): void {
  const terms = entries.flatMap(({ entry, subjects }) =>
    termsOf(entry, subjects).map((term) => [term, entry.id]),
  );
  const versions = entries.flatMap(({ changes }) =>
    changes.map(({ tableName, rowId, id }) => [tableName, rowId, id]),
  );
  // In the order of the keys: the database goes through its pages once.
  appendRows(unit, 'INSERT INTO audit_term (term, entry_id)', terms.sort(byFirst));
  appendRows(unit, 'INSERT INTO audit_row_version (table_name, row_id, change_id)', versions.sort(byFirst));
}

function appendRows(unit: Unit, insert: string, rows: readonly (readonly unknown[])[]): void {
  const width = rows[0]?.length ?? 1;
  const rowsPerStatement = Math.floor(MAX_PARAMETERS / width);
  const marks = `(${Array.from({ length: width }, () => '?').join(', ')})`;
  for (let start = 0; start < rows.length; start += rowsPerStatement) {
    const part = rows.slice(start, start + rowsPerStatement);
    unit.append(`${insert} VALUES ${part.map(() => marks).join(', ')}`, part.flat());
  }
}

const byFirst = ([left]: readonly unknown[], [right]: readonly unknown[]): number =>
  String(left) < String(right) ? -1 : 1;
