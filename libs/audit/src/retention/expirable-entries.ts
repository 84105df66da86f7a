import { Injectable } from '@nestjs/common';
import { Database } from '#kernel';
import type { AuditEntry } from '../entities/audit-entry.entity.js';
import { lowestId } from '../query/id-time.js';
import { term } from '../query/terms.js';
import { atPlaces } from './at-places.js';

/** A stretch of the entries with one action. */
export interface Span {
  readonly action: string;
  /** Entries that occurred before this are due. */
  readonly before: Date;
  /** Only those behind this one. */
  readonly after: string | null;
  /** Only those up to this one. */
  readonly upTo?: string;
}

const SAME_ROW =
  'v.table_name = c.table_name AND v.row_id = c.row_id AND LENGTH(v.row_id) = LENGTH(c.row_id)';
const LATER = `EXISTS (SELECT 1 FROM audit_row_version v WHERE ${SAME_ROW} AND v.change_id > c.id)`;
const EARLIER = `EXISTS (SELECT 1 FROM audit_row_version v JOIN row_change p ON p.id = v.change_id
  WHERE ${SAME_ROW} AND v.change_id < c.id AND p.entry_id <> c.entry_id)`;
/** The last change of a row tells how it is. A deletion tells that it is not, while earlier changes say that it was. */
const HOLDS = `NOT ${LATER} AND (c.operation <> 'delete' OR ${EARLIER})`;

/** Finds entries whose payload may be dropped. */
@Injectable()
export class ExpirableEntries {
  constructor(private readonly database: Database) {}

  /** Every action that a sequenced entry has. */
  async actions(): Promise<string[]> {
    const prefix = term.action('');
    const actions: string[] = [];
    for (let last = prefix; ;) {
      const [next] = await this.database.query<{ term: string }>(
        'SELECT term FROM audit_term WHERE term > ? AND term < ? ORDER BY term LIMIT 1',
        [last, `${prefix.slice(0, -1)};`],
      );
      if (!next) return actions;
      actions.push(next.term.slice(prefix.length));
      last = next.term;
    }
  }

  /** The ids of the next entries whose term has ended, by the time in these ids; expired ones among them. */
  async next({ action, before, after, upTo }: Span, limit: number): Promise<string[]> {
    const end = lowestId('aud', before.getTime());
    const rows = await this.database.query<{ id: string }>(
      `SELECT entry_id AS id FROM audit_term WHERE term = ? AND entry_id > ? AND entry_id < ?
       ${upTo === undefined ? '' : 'AND entry_id <= ?'} ORDER BY entry_id LIMIT ${limit}`,
      [term.action(action), after ?? '', end, ...(upTo === undefined ? [] : [upTo])],
    );
    return rows.map(({ id }) => id);
  }

  /** How many row changes each of sequenced entries has, by its id. */
  async changeCounts(entries: readonly AuditEntry[]): Promise<ReadonlyMap<string, number>> {
    const counts = new Map<string, number>();
    for (const { condition, parameters } of atPlaces('c', entries)) {
      const rows = await this.database.query<{ id: string; n: unknown }>(
        `SELECT c.entry_id AS id, COUNT(*) AS n FROM row_change c WHERE ${condition} GROUP BY c.entry_id`,
        parameters,
      );
      for (const { id, n } of rows) counts.set(id, Number(n));
    }
    return counts;
  }

  /** The ids of those of sequenced entries that hold the last image of a row, or a deletion that is still needed. */
  async holding(entries: readonly AuditEntry[]): Promise<ReadonlySet<string>> {
    const held = new Set<string>();
    for (const { condition, parameters } of atPlaces('c', entries)) {
      const rows = await this.database.query<{ id: string }>(
        `SELECT DISTINCT c.entry_id AS id FROM row_change c WHERE ${condition} AND ${HOLDS}`,
        parameters,
      );
      for (const { id } of rows) held.add(id);
    }
    return held;
  }
}
