import type { Outcome } from '../entities/audit-entry.entity.js';

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

/**
 * Selects the ids of the newest entries that match, before the id `before`. Every filter is an equality on an index
 * that ends in the id, so a page costs the same however many entries there are.
 */
export function searchEntries(filter: EntryFilter, before: string | undefined, limit: number): SqlText {
  const conditions = conditionsOf(filter, before);
  const branch = (source: string, id: string, extra: SqlText[]): SqlText => {
    const all = [...extra, ...conditions];
    const where = all.length > 0 ? `WHERE ${all.map(({ sql }) => sql).join(' AND ')}` : '';
    return {
      sql: `SELECT ${id} AS id FROM ${source} ${where} ORDER BY ${id} DESC LIMIT ${limit}`,
      parameters: all.flatMap(({ parameters }) => parameters),
    };
  };
  if (filter.subject === undefined) return branch('audit_entry e', 'e.id', []);
  // A person is the entry's only subject or one of its several: two index ranges, then the newest of both.
  const own = branch('audit_entry e', 'e.id', [is('e.subject_id', filter.subject)]);
  const listed = branch('audit_entry_subject s JOIN audit_entry e ON e.id = s.entry_id', 's.entry_id', [
    is('s.subject_id', filter.subject),
    ...(before === undefined ? [] : [{ sql: 's.entry_id < ?', parameters: [before] }]),
  ]);
  return {
    sql: `SELECT id FROM (${own.sql}) own UNION SELECT id FROM (${listed.sql}) listed ORDER BY id DESC LIMIT ${limit}`,
    parameters: [...own.parameters, ...listed.parameters],
  };
}

function conditionsOf(filter: EntryFilter, before: string | undefined): SqlText[] {
  const conditions: SqlText[] = [];
  if (filter.resource) {
    conditions.push(is('e.resource_id', filter.resource.id), is('e.resource_type', filter.resource.type));
  }
  if (filter.actor !== undefined) conditions.push(is('e.actor_id', filter.actor));
  if (filter.action !== undefined) conditions.push(is('e.action', filter.action));
  if (filter.outcome !== undefined) conditions.push(is('e.outcome', filter.outcome));
  // The id carries the time, so the index on ids finds the range; the column then decides exactly. The hour between
  // them is for clocks that were set back.
  if (filter.from) {
    conditions.push({ sql: 'e.id >= ?', parameters: [lowestId('aud', filter.from.getTime() - HOUR_MS)] });
    conditions.push({ sql: 'e.occurred_at >= ?', parameters: [filter.from] });
  }
  if (filter.to) {
    conditions.push({ sql: 'e.id < ?', parameters: [lowestId('aud', filter.to.getTime() + HOUR_MS)] });
    conditions.push({ sql: 'e.occurred_at < ?', parameters: [filter.to] });
  }
  if (before !== undefined) conditions.push({ sql: 'e.id < ?', parameters: [before] });
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
