import type { Criterion, EntryFilter, SqlText } from './entry-filter.js';
import { lowestId } from './id-time.js';
import { term, TIMELY_MS } from './terms.js';

/** Newest first, or oldest first. */
export type Direction = 'DESC' | 'ASC';

/** A stretch of the entries, in the order of their ids, from behind `after` on. */
export interface Stretch {
  readonly direction: Direction;
  readonly after: string | undefined;
  readonly from: Date | undefined;
  readonly to: Date | undefined;
}

const joined = (parts: readonly SqlText[], separator: string): SqlText => ({
  sql: parts.map(({ sql }) => sql).join(separator),
  parameters: parts.flatMap(({ parameters }) => parameters),
});
const where = (conditions: readonly SqlText[]): SqlText =>
  conditions.length > 0
    ? joined([{ sql: 'WHERE', parameters: [] }, joined(conditions, ' AND ')], ' ')
    : { sql: '', parameters: [] };
const text = (sql: string, ...parameters: unknown[]): SqlText => ({ sql, parameters });

/** The ids of entries by no filter but time. */
export function allEntries(stretch: Stretch, limit: number): SqlText {
  const conditions = [...beyond('e.id', stretch), ...timely('e.id', stretch), ...exactly(stretch)];
  const all = page('audit_entry e', 'e.id', conditions, stretch, limit);
  return hasTime(stretch) ? union([all, untimely([], stretch, limit)], stretch, limit) : all;
}

/**
 * The ids of entries that match, among the next `window` ones with the first criterion and among those that wait for
 * their place; and one row with `size`, which says how far the window reached (`id`) and how many it held. One statement
 * sees every entry as either sequenced or waiting, so none is missed or doubled while the sequencer works.
 */
export function matchesInWindow(
  criteria: readonly [Criterion, ...Criterion[]],
  stretch: Stretch,
  window: number,
  limit: number,
): SqlText {
  const [first, ...others] = criteria;
  const time = hasTime(stretch) ? ' JOIN audit_entry e ON e.id = w.id' : '';
  const matches = page(
    `w${time}`,
    'w.id',
    [...others.map(alsoHas('w.id')), ...exactly(stretch)],
    stretch,
    limit,
  );
  // All of them, and in no order: to have them in order a database may walk through the whole record.
  const waiting = joined(
    [
      text('SELECT e.id AS id FROM audit_entry e'),
      where([
        text('e.leaf_index IS NULL AND e.log_number IS NULL'),
        ...criteria.map((criterion) => criterion.waiting),
        ...beyond('e.id', stretch),
        ...exactly(stretch),
      ]),
    ],
    ' ',
  );
  const sources = [matches, waiting, ...(hasTime(stretch) ? [untimely(criteria, stretch, limit)] : [])];
  return joined(
    [
      text('WITH w AS ('),
      candidates(first, stretch, window),
      text(') SELECT id, NULL AS size FROM ('),
      union(sources, stretch, limit),
      text(`) found UNION ALL SELECT ${edgeOf(stretch)}, COUNT(*) FROM w`),
    ],
    '',
  );
}

/** How many of the next entries match each criterion, counted up to `atMost`, and how far on they lie. */
export function density(criteria: readonly Criterion[], stretch: Stretch, atMost: number): SqlText {
  const counts = criteria.map((criterion, index) => {
    const next = candidates(criterion, stretch, atMost);
    return text(
      `SELECT ${index} AS place, COUNT(*) AS size, ${edgeOf(stretch)} AS edge FROM (${next.sql}) next${index}`,
      ...next.parameters,
    );
  });
  return joined(counts, ' UNION ALL ');
}

/** The next entries with a criterion, straight from the key of the terms. */
function candidates(criterion: Criterion, stretch: Stretch, limit: number): SqlText {
  const id = 't.entry_id';
  const conditions = [text('t.term = ?', criterion.term), ...beyond(id, stretch), ...timely(id, stretch)];
  return page('audit_term t', id, conditions, stretch, limit);
}

const edgeOf = ({ direction }: Stretch): string => (direction === 'DESC' ? 'MIN(id)' : 'MAX(id)');

/** Entries whose id does not tell their time; they are few, and looked at one by one. */
function untimely(criteria: readonly Criterion[], stretch: Stretch, limit: number): SqlText {
  const conditions = [
    text('u.term = ?', term.untimely()),
    ...beyond('u.entry_id', stretch),
    ...exactly(stretch),
  ];
  return page(
    'audit_term u JOIN audit_entry e ON e.id = u.entry_id',
    'u.entry_id',
    [...conditions, ...criteria.map(alsoHas('u.entry_id'))],
    stretch,
    limit,
  );
}

const alsoHas =
  (id: string) =>
  (criterion: Criterion): SqlText =>
    text(`EXISTS (SELECT 1 FROM audit_term o WHERE o.term = ? AND o.entry_id = ${id})`, criterion.term);

function page(
  source: string,
  id: string,
  conditions: readonly SqlText[],
  { direction }: Stretch,
  limit: number,
): SqlText {
  const { sql, parameters } = where(conditions);
  return {
    sql: `SELECT ${id} AS id FROM ${source} ${sql} ORDER BY ${id} ${direction} LIMIT ${limit}`,
    parameters,
  };
}

function union(sources: readonly SqlText[], { direction }: Stretch, limit: number): SqlText {
  const { sql, parameters } = joined(
    sources.map((source, index) =>
      text(`SELECT id FROM (${source.sql}) source${index}`, ...source.parameters),
    ),
    ' UNION ',
  );
  return { sql: `${sql} ORDER BY id ${direction} LIMIT ${limit}`, parameters };
}

/** Whether the stretch has a time bound. */
export const hasTime = ({ from, to }: Stretch): boolean => from !== undefined || to !== undefined;

const beyond = (id: string, { after, direction }: Stretch): SqlText[] =>
  after === undefined ? [] : [text(`${id} ${direction === 'DESC' ? '<' : '>'} ?`, after)];

/** An id carries its time, so the index on ids finds the range. */
function timely(id: string, { from, to }: Stretch): SqlText[] {
  const conditions: SqlText[] = [];
  if (from) conditions.push(text(`${id} >= ?`, lowestId('aud', from.getTime() - TIMELY_MS)));
  if (to) conditions.push(text(`${id} < ?`, lowestId('aud', to.getTime() + TIMELY_MS)));
  return conditions;
}

function exactly({ from, to }: Pick<EntryFilter, 'from' | 'to'>): SqlText[] {
  const conditions: SqlText[] = [];
  if (from) conditions.push(text('e.occurred_at >= ?', from));
  if (to) conditions.push(text('e.occurred_at < ?', to));
  return conditions;
}
