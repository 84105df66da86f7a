import { Injectable } from '@nestjs/common';
import { Database } from '#kernel';
import { type Criterion, criteriaOf, type EntryFilter } from './entry-filter.js';
import {
  allEntries,
  density,
  type Direction,
  hasTime,
  matchesInWindow,
  type Stretch,
} from './entry-search-sql.js';

export interface FoundEntries {
  readonly ids: readonly string[];
  /** Where the next page begins; undefined when there is none. */
  readonly next: string | undefined;
}

interface Row {
  readonly id: string | null;
  /** Only of the row that says how far the window reached. */
  readonly size: unknown;
}

interface Density {
  readonly place: unknown;
  readonly size: unknown;
  readonly edge: string | null;
}

/** So many entries of each filter are looked at before one is chosen to be walked. */
const COUNTED = 250;
/** So many entries are looked at for each that a page by several filters, or by one and a span of time, may hold. */
const LOOKED_AT_FOR_EACH = 12;

/**
 * Finds the ids of entries by filters. Of several filters the rarest is walked, and the others are asked for each
 * entry. What the entries looked at do not hold is left to the next page: when few match all filters, or many lie less
 * than a second outside the span of time, a page may hold fewer than its limit, or none, and yet have a next one. So it
 * takes the same time among a thousand entries and among a million.
 */
@Injectable()
export class EntrySearch {
  constructor(private readonly database: Database) {}

  /** The next entries behind `after`, at most `limit`. */
  async page(
    filter: EntryFilter,
    {
      after,
      limit,
      direction = 'DESC',
    }: { after?: string | undefined; limit: number; direction?: Direction },
  ): Promise<FoundEntries> {
    const stretch = { direction, after, from: filter.from, to: filter.to };
    const [first, ...others] = criteriaOf(filter);
    if (first) return this.byTerms(await this.rarestFirst([first, ...others], stretch), stretch, limit);
    const { sql, parameters } = allEntries(stretch, limit + 1);
    const ids = (await this.database.query<{ id: string }>(sql, parameters)).map(({ id }) => id);
    return pageOf(ids, limit, undefined);
  }

  private async byTerms(
    criteria: readonly [Criterion, ...Criterion[]],
    stretch: Stretch,
    limit: number,
  ): Promise<FoundEntries> {
    // By one filter alone, whatever is looked at matches; with a span of time, many just outside its ends may not.
    const mayMiss = criteria.length > 1 || hasTime(stretch);
    const window = (mayMiss ? LOOKED_AT_FOR_EACH : 1) * (limit + 1);
    const { sql, parameters } = matchesInWindow(criteria, stretch, window, limit + 1);
    const rows = await this.database.query<Row>(sql, parameters);
    const edge = rows.find(({ size }) => size !== null);
    const reached = Number(edge?.size ?? 0) < window ? undefined : (edge?.id ?? undefined);
    return pageOf(matchesOf(rows, reached, stretch.direction), limit, reached);
  }

  /** The criterion first whose next entries are fewest, or lie farthest apart. */
  private async rarestFirst(
    criteria: readonly [Criterion, ...Criterion[]],
    stretch: Stretch,
  ): Promise<readonly [Criterion, ...Criterion[]]> {
    if (criteria.length === 1) return criteria;
    const { sql, parameters } = density(criteria, stretch, COUNTED);
    const found = await this.database.query<Density>(sql, parameters);
    const ranked = found
      .map(({ place, size, edge }) => ({ place: Number(place), size: Number(size), edge: edge ?? '' }))
      .sort((left, right) => left.size - right.size || inOrder(left.edge, right.edge, stretch.direction));
    const inRank = ranked.flatMap(({ place }) => criteria[place] ?? []);
    return [inRank[0] ?? criteria[0], ...inRank.slice(1)];
  }
}

/** Whether `left` lies farther on than `right`, as a comparison. */
const inOrder = (left: string, right: string, direction: Direction): number =>
  left === right ? 0 : left < right === (direction === 'DESC') ? -1 : 1;

/** What lies behind the end of the window belongs to the next one: there it is found whole. */
function matchesOf(rows: readonly Row[], reached: string | undefined, direction: Direction): string[] {
  const ids = rows.flatMap(({ id, size }) => (size === null && id !== null ? [id] : []));
  const isWithin = (id: string) =>
    reached === undefined || (direction === 'DESC' ? id >= reached : id <= reached);
  return ids.filter(isWithin).sort((left, right) => inOrder(right, left, direction));
}

function pageOf(ids: readonly string[], limit: number, reached: string | undefined): FoundEntries {
  return ids.length > limit ? { ids: ids.slice(0, limit), next: ids[limit - 1] } : { ids, next: reached };
}
