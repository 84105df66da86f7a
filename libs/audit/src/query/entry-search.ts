import type { Outcome } from '../entities/audit-entry.entity.js';
import { term } from './terms.js';

/** Which entries are looked for; every filter given must hold. */
export interface EntryFilter {
  readonly resource?: { readonly type: string; readonly id: string };
  readonly subject?: string;
  readonly actor?: string;
  readonly action?: string;
  readonly outcome?: Outcome;
  /** Inclusive. */
  readonly from?: Date;
  /** Exclusive. */
  readonly to?: Date;
}

export interface SqlText {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const HOUR_MS = 3_600_000;

/** One filter: the term of a sequenced entry, and the same said of the columns of one that still waits. */
interface Criterion {
  readonly term: string;
  readonly waiting: SqlText;
}

const WAITS: SqlText = { sql: 'e.leaf_index IS NULL AND e.log_number IS NULL', parameters: [] };

/**
 * Selects the ids of the newest entries that match, before the id `before`: of the sequenced ones by their terms, whose
 * key ends in the entry's id, and of those few that still wait for their place by looking at each. One statement sees
 * every entry as either, so none is missed or doubled while the sequencer works.
 */
export function searchEntries(filter: EntryFilter, before: string | undefined, limit: number): SqlText {
  const [first, ...others] = criteriaOf(filter);
  const page = (source: string, id: string, conditions: readonly SqlText[]): SqlText => {
    const all = [...conditions, ...conditionsOf(filter, before, id)];
    const where = all.length > 0 ? `WHERE ${all.map(({ sql }) => sql).join(' AND ')}` : '';
    return {
      sql: `SELECT ${id} AS id FROM ${source} ${where} ORDER BY ${id} DESC LIMIT ${limit}`,
      parameters: all.flatMap(({ parameters }) => parameters),
    };
  };
  if (!first) return page('audit_entry e', 'e.id', []);
  const hasTime = filter.from !== undefined || filter.to !== undefined;
  const sequenced = page(
    hasTime ? 'audit_term t JOIN audit_entry e ON e.id = t.entry_id' : 'audit_term t',
    't.entry_id',
    [is('t.term', first.term), ...others.map(alsoHasTerm)],
  );
  const waiting = page('audit_entry e', 'e.id', [WAITS, ...[first, ...others].map((each) => each.waiting)]);
  return {
    sql: `SELECT id FROM (${sequenced.sql}) sequenced UNION SELECT id FROM (${waiting.sql}) waiting ORDER BY id DESC LIMIT ${limit}`,
    parameters: [...sequenced.parameters, ...waiting.parameters],
  };
}

const alsoHasTerm = (criterion: Criterion): SqlText => ({
  sql: 'EXISTS (SELECT 1 FROM audit_term o WHERE o.term = ? AND o.entry_id = t.entry_id)',
  parameters: [criterion.term],
});

/** The one that fewest entries match comes first, for it is the one that is walked. */
function criteriaOf({ resource, subject, actor, action, outcome }: EntryFilter): Criterion[] {
  const criteria: Criterion[] = [];
  const add = (text: string, sql: string, parameters: readonly unknown[]) =>
    criteria.push({ term: text, waiting: { sql, parameters } });
  if (resource) {
    add(term.resource(resource.type, resource.id), 'e.resource_type = ? AND e.resource_id = ?', [
      resource.type,
      resource.id,
    ]);
  }
  if (subject !== undefined) {
    const listed = 'SELECT 1 FROM audit_entry_subject s WHERE s.entry_id = e.id AND s.subject_id = ?';
    add(term.subject(subject), `(e.subject_id = ? OR EXISTS (${listed}))`, [subject, subject]);
  }
  if (actor !== undefined) add(term.actor(actor), 'e.actor_id = ?', [actor]);
  if (action !== undefined) add(term.action(action), 'e.action = ?', [action]);
  if (outcome !== undefined) add(term.outcome(outcome), 'e.outcome = ?', [outcome]);
  return criteria;
}

function conditionsOf({ from, to }: EntryFilter, before: string | undefined, id: string): SqlText[] {
  const conditions: SqlText[] = [];
  // The id carries the time, so the index on ids finds the range; the column then decides exactly. The hour between
  // them is for clocks that were set back.
  if (from) {
    conditions.push({ sql: `${id} >= ?`, parameters: [lowestId('aud', from.getTime() - HOUR_MS)] });
    conditions.push({ sql: 'e.occurred_at >= ?', parameters: [from] });
  }
  if (to) {
    conditions.push({ sql: `${id} < ?`, parameters: [lowestId('aud', to.getTime() + HOUR_MS)] });
    conditions.push({ sql: 'e.occurred_at < ?', parameters: [to] });
  }
  if (before !== undefined) conditions.push({ sql: `${id} < ?`, parameters: [before] });
  return conditions;
}

const is = (column: string, value: unknown): SqlText => ({ sql: `${column} = ?`, parameters: [value] });

/** The lowest id with this prefix that can have been made at `ms` (milliseconds since 1970): a UUIDv7 begins with them. */
export function lowestId(prefix: string, ms: number): string {
  const value = BigInt(Math.min(Math.max(0, Math.floor(ms)), 2 ** 48 - 1)) << 80n;
  let suffix = '';
  for (let shift = 125n; shift >= 0n; shift -= 5n) suffix += ALPHABET[Number((value >> shift) & 31n)];
  return `${prefix}_${suffix}`;
}
