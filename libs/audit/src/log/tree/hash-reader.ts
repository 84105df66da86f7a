import { EMPTY_ROOT, HASH_BYTES, hashNode, hashRow } from './hash.js';
import { assertSize, TILE_HEIGHT, TILE_WIDTH, type TileId, tileWidth } from './tile.js';

/** The root of a perfect subtree: it covers the leaves from `index · 2^height` up to, not including, `(index + 1) · 2^height`. */
export interface NodeId {
  readonly height: number;
  readonly index: number;
}

/** Reads the hashes of several nodes at once, in the order in which they are asked for. */
export type HashReader = (nodes: readonly NodeId[]) => Promise<Buffer[]>;

/**
 * Reads several tiles at once, in the order in which they are asked for. A tile may come with more hashes than its width.
 * It may say which tile is missing by throwing.
 */
export type TileReader = (tiles: readonly TileId[]) => Promise<readonly Uint8Array[]>;

/** Leaves from `start` up to, not including, `end`. */
export interface LeafRange {
  readonly start: number;
  readonly end: number;
}

/** A tile was not what a tree of this size has at its place. */
export class MalformedTile extends Error {
  override readonly name = 'MalformedTile';
}

/**
 * Reads node hashes out of the tiles of a tree of `size` leaves, each tile once for a call. The tiles are believed: check what
 * is computed from them against a signed root.
 */
export function tileHashReader(size: number, readTiles: TileReader): HashReader {
  assertSize(size);
  return async (nodes) => {
    const tiles = new Map<string, TileId>();
    const places = nodes.map((node) => {
      const level = Math.floor(node.height / TILE_HEIGHT);
      const span = 2 ** (node.height % TILE_HEIGHT);
      const first = node.index * span;
      const index = Math.floor(first / TILE_WIDTH);
      const offset = first % TILE_WIDTH;
      const width = tileWidth(level, index, size);
      if (offset + span > width) {
        throw new RangeError(`A tree of ${size} leaves has no node ${node.index} at height ${node.height}`);
      }
      const key = `${level}/${index}`;
      tiles.set(key, { level, index, width });
      return { key, offset, span };
    });
    const ids = [...tiles.values()];
    const contents = ids.length === 0 ? [] : await readTiles(ids);
    const read = new Map([...tiles.keys()].map((key, position) => [key, contents[position]]));
    for (const [position, { level, index, width }] of ids.entries()) {
      const length = contents[position]?.length ?? 0;
      if (length < width * HASH_BYTES || length % HASH_BYTES !== 0) {
        throw new MalformedTile(
          `Tile ${index} of level ${level} has ${length} bytes; a tree of ${size} leaves has ${width} hashes there`,
        );
      }
    }
    return places.map(({ key, offset, span }) => {
      const hashes = read.get(key) ?? Buffer.alloc(0);
      return hashRow(hashes.subarray(offset * HASH_BYTES, (offset + span) * HASH_BYTES));
    });
  };
}

/**
 * The Merkle Tree Hash of each range, all read with one call of the reader. Each must begin at a multiple of the smallest power
 * of two that is not below its length, as RFC 6962's subtrees do.
 */
export async function hashRanges(ranges: readonly LeafRange[], read: HashReader): Promise<Buffer[]> {
  const nodesOf = ranges.map(perfectSubtrees);
  const hashes = await read(nodesOf.flat());
  let next = 0;
  return nodesOf.map((nodes) => {
    const roots = hashes.slice(next, next + nodes.length);
    next += nodes.length;
    return roots.length === 0 ? EMPTY_ROOT : roots.reduceRight((right, left) => hashNode(left, right));
  });
}

/** The root of the tree's first `size` leaves. */
export async function treeRoot(size: number, read: HashReader): Promise<Buffer> {
  assertSize(size);
  const [root = EMPTY_ROOT] = await hashRanges([{ start: 0, end: size }], read);
  return root;
}

/** The largest power of two below `length`, where RFC 6962 splits a tree; `length` is at least 2. */
export function splitPoint(length: number): number {
  let split = 1;
  while (split * 2 < length) split *= 2;
  return split;
}

function perfectSubtrees({ start, end }: LeafRange): NodeId[] {
  const nodes: NodeId[] = [];
  let from = start;
  while (from < end) {
    let height = 0;
    while (from + 2 ** (height + 1) <= end) height++;
    nodes.push({ height, index: from / 2 ** height });
    from += 2 ** height;
  }
  return nodes;
}
