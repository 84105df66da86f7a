import type { Dialect, Unit } from '#kernel';
import { type Concat, isUntimely, saidInSql, term, type TermFacts, termInSql } from './terms.js';

/** Entries that receive their places in a log together. */
export interface Places {
  readonly logNumber: number;
  /** The leaves from `from` up to, not including, `to`. */
  readonly from: number;
  readonly to: number;
}

const CONCAT: Readonly<Record<Dialect['name'], Concat>> = {
  mysql: (parts) => `CONCAT(${parts.join(', ')})`,
  sqlite: (parts) => parts.join(' || '),
};

const AT_PLACES = 'log_number = ? AND leaf_index >= ? AND leaf_index < ?';

/**
 * Makes entries findable, in the unit that gives them their places in the log, behind the statements that do: by their
 * terms, and their changes by the row. Whoever searches looks at entries without a place one by one, so the two have to
 * happen together. The database makes all of it by itself, which takes half of what sending it would.
 */
export function appendIndex(
  unit: Unit,
  dialect: Pick<Dialect, 'name' | 'onConflict'>,
  { logNumber, from, to }: Places,
  entries: readonly Pick<TermFacts, 'id' | 'occurredAt'>[],
): void {
  const places = [logNumber, from, to];
  const concat = CONCAT[dialect.name];
  // A term that is there already, which somebody must have written by hand, is no reason for the log to stand still.
  const rest = `${dialect.onConflict(['term', 'entry_id'])} entry_id = audit_term.entry_id`;
  const insert = (source: string) => `INSERT INTO audit_term (term, entry_id) ${source} ${rest}`;
  for (const { term: text, condition } of saidInSql(concat)) {
    const mine = `SELECT ${text}, e.id FROM audit_entry e WHERE ${qualified('e')} AND ${condition}`;
    unit.append(insert(mine), places);
  }
  const listed = `SELECT ${termInSql(concat, 'subject', ['s.subject_id'])}, e.id
    FROM audit_entry e JOIN audit_entry_subject s ON s.entry_id = e.id WHERE ${qualified('e')}`;
  unit.append(insert(listed), places);
  const untimely = entries.filter(isUntimely).map(({ id }) => [term.untimely(), id]);
  if (untimely.length > 0)
    unit.append(insert(`VALUES ${untimely.map(() => '(?, ?)').join(', ')}`), untimely.flat());
  unit.append(
    `INSERT INTO audit_row_version (table_name, row_id, change_id)
     SELECT table_name, row_id, id FROM row_change WHERE ${AT_PLACES}`,
    places,
  );
}

const qualified = (alias: string) => AT_PLACES.replace(/\b(?=log_number|leaf_index)/g, `${alias}.`);
