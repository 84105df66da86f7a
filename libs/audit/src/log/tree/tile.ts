import { HASH_BYTES } from './hash.js';

/** A full tile holds this many hashes: a subtree of height 8. */
export const TILE_WIDTH = 256;

/** Levels of the binary tree in one tile. */
export const TILE_HEIGHT = 8;

/** A full tile in bytes. */
export const TILE_BYTES = TILE_WIDTH * HASH_BYTES;

const MAX_LEVEL = 63;

/** Where a tile is: its level (0 holds the leaf hashes), its place in the level, and how many hashes it has (1 to 256). */
export interface TileId {
  readonly level: number;
  readonly index: number;
  readonly width: number;
}

/** A tile and its hashes, one after the other. */
export interface Tile extends TileId {
  readonly hashes: Buffer;
}

/** What a tile path names: a tile of hashes, or a bundle of entries, which has the coordinates of a tile of level 0. */
export interface TilePath extends Omit<TileId, 'level'> {
  readonly level: number | 'entries';
}

/**
 * The path of a tile or bundle below the log's prefix, without a leading slash (C2SP tlog-tiles):
 * `tile/0/x001/x234/067`, `tile/1/000.p/17`, `tile/entries/000`.
 */
export function tilePath({ level, index, width }: TilePath): string {
  const groups = [String(index % 1000).padStart(3, '0')];
  for (let rest = Math.floor(index / 1000); rest > 0; rest = Math.floor(rest / 1000)) {
    groups.unshift(`x${String(rest % 1000).padStart(3, '0')}`);
  }
  return `tile/${level}/${groups.join('/')}${width === TILE_WIDTH ? '' : `.p/${width}`}`;
}

/** Reads a path as {@link tilePath} writes it; undefined for anything else: there is one path for each tile. */
export function parseTilePath(path: string): TilePath | undefined {
  const match = /^tile\/(entries|0|[1-9]\d?)\/((?:x\d{3}\/)*\d{3})(?:\.p\/([1-9]\d{0,2}))?$/.exec(path);
  if (match === null) return undefined;
  const [, levelText = '', groups = '', widthText] = match;
  const level = levelText === 'entries' ? 'entries' : Number(levelText);
  const index = Number(groups.replace(/[x/]/g, ''));
  const width = widthText === undefined ? TILE_WIDTH : Number(widthText);
  const parsed: TilePath = { level, index, width };
  const inRange =
    (level === 'entries' || level <= MAX_LEVEL) &&
    Number.isSafeInteger(index) &&
    (widthText === undefined || width < TILE_WIDTH);
  // Superfluous leading groups (x000/067) would be a second path of the same tile.
  return inRange && tilePath(parsed) === path ? parsed : undefined;
}

/** How many hashes the tile at `level` and `index` has in a tree of `size` leaves: 0 (there is none) to 256. */
export function tileWidth(level: number, index: number, size: number): number {
  const hashesInLevel = Math.floor(size / TILE_WIDTH ** level);
  return Math.min(Math.max(hashesInLevel - index * TILE_WIDTH, 0), TILE_WIDTH);
}

/** The partial tiles of a tree of `size` leaves: at most one for each level, the right-most; from level 0 upwards. */
export function partialTiles(size: number): TileId[] {
  const tiles: TileId[] = [];
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
    const width = hashes % TILE_WIDTH;
    if (width > 0) tiles.push({ level, index: Math.floor(hashes / TILE_WIDTH), width });
  }
  return tiles;
}

/** Every tile of a tree of `size` leaves, partial ones included, level by level from 0, left to right. */
export function* allTiles(size: number): Generator<TileId> {
  for (let level = 0, hashes = size; hashes > 0; level++, hashes = Math.floor(hashes / TILE_WIDTH)) {
    for (let index = 0; index * TILE_WIDTH < hashes; index++) {
      yield { level, index, width: Math.min(hashes - index * TILE_WIDTH, TILE_WIDTH) };
    }
  }
}

/** Throws RangeError unless `size` counts leaves: a whole number from 0 to 2^53−1. */
export function assertSize(size: number): void {
  if (!Number.isSafeInteger(size) || size < 0) throw new RangeError(`${size} is not a tree size`);
}
