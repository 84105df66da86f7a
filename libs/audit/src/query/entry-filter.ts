import type { Outcome } from '../entities/audit-entry.entity.js';
import { term } from './terms.js';

/** Which entries are looked for; every filter given must hold. */
export interface EntryFilter {
  readonly resource?: { readonly type: string; readonly id: string };
  readonly subject?: string;
  readonly actor?: string;
  readonly session?: string;
  readonly action?: string;
  readonly outcome?: Outcome;
  readonly purpose?: string;
  readonly trace?: string;
  /** Inclusive. */
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
}

export interface SqlText {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

/** One filter: the term of a sequenced entry, and the same said of the columns of one that still waits. */
export interface Criterion {
  readonly term: string;
  readonly waiting: SqlText;
}

/**
 * Whether the waiting entry `e` lists a person. A count is asked for each of these few entries; for EXISTS a database may
 * read the whole table once instead.
 */
export const LISTED =
  '(SELECT COUNT(*) FROM audit_entry_subject s WHERE s.entry_id = e.id AND s.subject_id = ?) > 0';

/** The filters besides time, in the order of how few entries each usually lets through. */
export function criteriaOf(filter: EntryFilter): Criterion[] {
  const { resource, subject, actor, session, action, outcome, purpose, trace } = filter;
  const criteria: Criterion[] = [];
  const add = (value: string | undefined, termOf: (value: string) => string, sql: string, times = 1) => {
    if (value === undefined) return;
    criteria.push({ term: termOf(value), waiting: { sql, parameters: Array<string>(times).fill(value) } });
  };
  add(trace, term.trace, 'e.trace_id = ?');
  add(session, term.session, 'e.session_id = ?');
  if (resource) {
    const { type, id } = resource;
    const sql = 'e.resource_type = ? AND e.resource_id = ?';
    criteria.push({ term: term.resource(type, id), waiting: { sql, parameters: [type, id] } });
  }
  add(subject, term.subject, `(e.subject_id = ? OR ${LISTED})`, 2);
  add(actor, term.actor, 'e.actor_id = ?');
  add(purpose, term.purpose, 'e.purpose = ?');
  add(action, term.action, 'e.action = ?');
  add(outcome, term.outcome, 'e.outcome = ?');
  return criteria;
}
