import type { Tile, TileId } from '../log/tree/tile.js';

/** Tiles in memory, as a log's storage keeps them: one for each place, as wide as it has become. */
export class MemoryTiles {
  private readonly tiles = new Map<string, Buffer>();

  store(tiles: readonly Tile[]): void {
    for (const { level, index, hashes } of tiles) this.tiles.set(`${level}/${index}`, hashes);
  }

  /** A {@link TileReader}. */
  readonly read = async (ids: readonly TileId[]): Promise<Buffer[]> => ids.map((id) => this.get(id));

  get({ level, index }: Pick<TileId, 'level' | 'index'>): Buffer {
    const hashes = this.tiles.get(`${level}/${index}`);
    if (hashes === undefined) throw new Error(`No tile ${index} of level ${level}`);
    return hashes;
  }
}
