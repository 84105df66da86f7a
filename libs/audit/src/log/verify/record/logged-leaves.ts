import { HASH_BYTES } from '../../tree/hash.js';
import { TILE_WIDTH } from '../../tree/tile.js';
import type { RecordAt } from './record-rows.js';

const TILES_AT_A_TIME = 64;

/** Reads the leaf hashes that a log has, from its tiles of level 0, a few tiles at a time. */
export class LoggedLeaves {
  private tiles = new Map<number, Buffer>();

  constructor(
    private readonly record: RecordAt,
    private readonly logNumber: number,
  ) {}

  /** The hash of the leaf at a place; undefined when its tile is missing or too short, which is reported of the tile. */
  async at(place: number): Promise<Buffer | undefined> {
    const index = Math.floor(place / TILE_WIDTH);
    if (!this.tiles.has(index)) await this.read(index);
    const start = (place % TILE_WIDTH) * HASH_BYTES;
    const hash = this.tiles.get(index)?.subarray(start, start + HASH_BYTES);
    return hash?.length === HASH_BYTES ? hash : undefined;
  }

  private async read(index: number): Promise<void> {
    const rows = await this.record.query<{ place: unknown; hashes: Buffer }>(
      `SELECT tile_index AS place, hashes FROM audit_log_tile
       WHERE log_number = ? AND level = 0 AND tile_index >= ? AND tile_index < ?`,
      [this.logNumber, index, index + TILES_AT_A_TIME],
    );
    this.tiles = new Map(rows.map(({ place, hashes }) => [Number(place), hashes]));
    if (!this.tiles.has(index)) this.tiles.set(index, Buffer.alloc(0));
  }
}
