import { HASH_BYTES } from '../../tree/hash.js';
import { TILE_WIDTH } from '../../tree/tile.js';
import type { RecordAt } from './record-rows.js';

/** Leaf hashes that a log has, by place. */
export class LoggedLeaves {
  private constructor(private readonly tiles: ReadonlyMap<number, Buffer>) {}

  /** Those at these places, and a few around them, from the log's tiles of level 0. */
  static async read(
    { query }: RecordAt,
    logNumber: number,
    places: readonly number[],
  ): Promise<LoggedLeaves> {
    const indexes = [...new Set(places.map((place) => Math.floor(place / TILE_WIDTH)))];
    if (indexes.length === 0) return new LoggedLeaves(new Map());
    const rows = await query<{ place: unknown; hashes: Buffer }>(
      `SELECT tile_index AS place, hashes FROM audit_log_tile
       WHERE log_number = ? AND level = 0 AND tile_index IN (${indexes.map(() => '?').join(', ')})`,
      [logNumber, ...indexes],
    );
    return new LoggedLeaves(new Map(rows.map(({ place, hashes }) => [Number(place), hashes])));
  }

  /** The hash of the leaf at a place; undefined when its tile is missing or too short, which is reported of the tile. */
  at(place: number): Buffer | undefined {
    const start = (place % TILE_WIDTH) * HASH_BYTES;
    const hash = this.tiles.get(Math.floor(place / TILE_WIDTH))?.subarray(start, start + HASH_BYTES);
    return hash?.length === HASH_BYTES ? hash : undefined;
  }
}
