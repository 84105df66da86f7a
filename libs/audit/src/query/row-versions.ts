import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import { Database, InjectRepository } from '#kernel';
import { RowChange } from '../entities/row-change.entity.js';

/** A row of a captured table. */
export interface RowName {
  readonly table: string;
  readonly row: string;
}

interface Found {
  readonly id: unknown;
}

/** So many versions of a row are looked at one by one. */
const LOOKED_AT = 20;
const WAITS = 'leaf_index IS NULL AND log_number IS NULL AND table_name = ? AND row_id = ?';
const PLACED = 'v.table_name = ? AND v.row_id = ?';

/**
 * Finds the captured changes of a row: those of sequenced entries through an index of their own, the few others one by
 * one. The order is that of their ids, which is exact for each row.
 */
@Injectable()
export class RowVersions {
  constructor(
    @InjectRepository(RowChange) private readonly changes: Repository<RowChange>,
    private readonly database: Database,
  ) {}

  /** The newest changes before the one with the id `before`. */
  async page({ table, row }: RowName, before: number | undefined, limit: number): Promise<RowChange[]> {
    const name = [table, row];
    const parameters = before === undefined ? name : [...name, before];
    const placed = `SELECT v.change_id AS id FROM audit_row_version v WHERE ${PLACED}
      ${before === undefined ? '' : 'AND v.change_id < ?'} ORDER BY v.change_id DESC LIMIT ${limit}`;
    const waiting = `SELECT id FROM row_change WHERE ${WAITS}
      ${before === undefined ? '' : 'AND id < ?'} ORDER BY id DESC LIMIT ${limit}`;
    const found = await this.database.query<Found>(
      `SELECT id FROM (${placed}) placed UNION SELECT id FROM (${waiting}) waiting ORDER BY id DESC LIMIT ${limit}`,
      [...parameters, ...parameters],
    );
    return this.load(row, found);
  }

  /** The last change at or before an instant, by the database's clock, to the millisecond. */
  async lastAt({ table, row }: RowName, at: Date): Promise<RowChange | undefined> {
    // MySQL counts microseconds, which a Date has not.
    const end = new Date(at.getTime() + 1);
    const waiting = await this.database.query<Found>(
      `SELECT id FROM row_change WHERE ${WAITS} AND changed_at < ? ORDER BY id DESC LIMIT 1`,
      [table, row, end],
    );
    const placed = await this.lastPlacedBefore([table, row], end);
    const [last] = await this.load(row, [...waiting, ...placed]);
    return last;
  }

  /** The first change on record behind the one with the id `after`; without it, the first of all. */
  async next({ table, row }: RowName, after = -1): Promise<RowChange | undefined> {
    const name = [table, row, after];
    const found = await this.database.query<Found>(
      `SELECT MIN(id) AS id FROM (SELECT MIN(v.change_id) AS id FROM audit_row_version v
         WHERE ${PLACED} AND v.change_id > ?
       UNION SELECT MIN(id) FROM row_change WHERE ${WAITS} AND id > ?) ends`,
      [...name, ...name],
    );
    const [next] = await this.load(row, found);
    return next;
  }

  /** Looks at the newest, and then halves the span of ids: a row may have very many versions. */
  private async lastPlacedBefore(name: readonly string[], end: Date): Promise<Found[]> {
    const newest = await this.placed(name, end, LOOKED_AT);
    const found = newest.find(({ early }) => Number(early) === 1);
    const oldest = newest.at(-1);
    if (found || !oldest || newest.length < LOOKED_AT) return found ? [found] : [];
    return this.lastEarly(name, end, Number(oldest.id) - 1);
  }

  /** The last early one of those up to the id `high`, of which the first ones are early and the others are not. */
  private async lastEarly(name: readonly string[], end: Date, high: number): Promise<Found[]> {
    let [low, above] = [0, high + 1];
    let found: Found[] = [];
    while (low < above) {
      const middle = Math.floor((low + above) / 2);
      const [change] = await this.placed(name, end, 1, [low, middle]);
      if (change && Number(change.early) === 0) above = Number(change.id);
      else low = middle + 1;
      if (change && Number(change.early) === 1) found = [change];
    }
    return found;
  }

  /** Changes of sequenced entries, newest first, each with whether it was made before `end`. */
  private placed(
    name: readonly string[],
    end: Date,
    limit: number,
    ids: readonly [number, number] | readonly [] = [],
  ): Promise<(Found & { readonly early: unknown })[]> {
    const span = ids.length > 0 ? 'AND v.change_id BETWEEN ? AND ?' : '';
    return this.database.query(
      `SELECT v.change_id AS id, c.changed_at < ? AS early FROM audit_row_version v
       JOIN row_change c ON c.id = v.change_id WHERE ${PLACED} ${span} ORDER BY v.change_id DESC LIMIT ${limit}`,
      [end, ...name, ...ids],
    );
  }

  /** Newest first. MySQL takes a row's id for another that differs in trailing blanks. */
  private async load(row: string, found: readonly Found[]): Promise<RowChange[]> {
    const ids = found.flatMap(({ id }) => (id === null ? [] : [String(id)]));
    if (ids.length === 0) return [];
    const changes = await this.changes.find({ where: { id: In(ids) } });
    return changes
      .filter(({ rowId }) => rowId === row)
      .sort((left, right) => Number(right.id) - Number(left.id));
  }
}
