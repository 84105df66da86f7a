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
  const said = saidInSql(concat);
  // One statement for all kinds, so that each entry is looked up once.
  const kinds = said.map((_text, kind) => `SELECT ${kind} AS kind`).join(' UNION ALL ');
  const texts = said.map((text, kind) => `WHEN ${kind} THEN ${text}`).join(' ');
  const own = `SELECT CASE k.kind ${texts} END AS term, e.id FROM (${kinds}) k CROSS JOIN audit_entry e
    WHERE ${qualified('e')}`;
  unit.append(insert(`SELECT said.term, said.id FROM (${own}) said WHERE said.term IS NOT NULL`), places);
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
