import { EMPTY_ROOT, HASH_BYTES, hashNode, hashRow } from './hash.js';
import { assertSize, partialTiles, TILE_BYTES, TILE_WIDTH, type Tile } from './tile.js';

/** The right-most tile of one level while it grows. It is never full: a full one has been handed out. */
interface EdgeTile {
  readonly hashes: Buffer;
  index: number;
  width: number;
}

/**
 * The right edge of a log's tree: all that is needed to append and to compute the root, in constant memory
 * (8 KiB for each level of tiles). Feed it the leaf hashes of a whole log to rebuild that log's tiles and root.
 */
export class GrowingTree {
  private leaves = 0;
  private readonly edge: EdgeTile[] = [];

  /**
   * The tree of `size` leaves, from its right-most tiles: those that {@link partialTiles} lists, in that order.
   * Each may be longer than it needs to be, since a partial tile is a prefix of its later self.
   * @throws RangeError when one is too short or they are not as many.
   */
  static restore(size: number, edge: readonly Uint8Array[]): GrowingTree {
    assertSize(size);
    const ids = partialTiles(size);
    if (ids.length !== edge.length) {
      throw new RangeError(`A tree of ${size} leaves has ${ids.length} partial tiles, not ${edge.length}`);
    }
    const tree = new GrowingTree();
    tree.leaves = size;
    for (let count = size; count > 0; count = Math.floor(count / TILE_WIDTH)) {
      tree.edge.push({
        hashes: Buffer.alloc(TILE_BYTES),
        index: Math.floor(count / TILE_WIDTH),
        width: count % TILE_WIDTH,
      });
    }
    ids.forEach(({ level, index, width }, position) => {
      const hashes = edge[position]?.subarray(0, width * HASH_BYTES);
      if (hashes?.length !== width * HASH_BYTES) {
        throw new RangeError(`Tile ${index} of level ${level} has fewer than ${width} hashes`);
      }
      tree.edge[level]?.hashes.set(hashes);
    });
    return tree;
  }

  /** The number of leaves. */
  get size(): number {
    return this.leaves;
  }

  /**
   * Appends leaves and returns every tile that grew, as it is now: full ones as they came to be, then the partial
   * right-most ones. A tile that existed before comes with its former hashes as prefix.
   */
  append(leafHashes: Iterable<Uint8Array>): Tile[] {
    const grown: Tile[] = [];
    const touched = new Set<number>();
    for (const hash of leafHashes) {
      if (hash.length !== HASH_BYTES) {
        throw new RangeError(`A leaf hash has ${HASH_BYTES} bytes, not ${hash.length}`);
      }
      this.push(0, hash, grown, touched);
      this.leaves++;
    }
    for (const level of [...touched].toSorted((a, b) => a - b)) {
      const tile = this.edge[level];
      if (tile !== undefined && tile.width > 0) grown.push(copyOf(level, tile));
    }
    return grown;
  }

  /** The root hash (RFC 6962, 2.1): the roots of the perfect subtrees, folded from the right. */
  root(): Buffer {
    let root: Buffer | undefined;
    for (const { hashes, width } of this.edge) {
      let end = width;
      for (let span = 1; span <= width; span *= 2) {
        if (Math.floor(width / span) % 2 === 0) continue;
        const subtree = hashRow(hashes.subarray((end - span) * HASH_BYTES, end * HASH_BYTES));
        root = root === undefined ? subtree : hashNode(subtree, root);
        end -= span;
      }
    }
    return root ?? EMPTY_ROOT;
  }

  private push(level: number, hash: Uint8Array, grown: Tile[], touched: Set<number>): void {
    const tile = (this.edge[level] ??= { hashes: Buffer.alloc(TILE_BYTES), index: 0, width: 0 });
    tile.hashes.set(hash, tile.width * HASH_BYTES);
    tile.width++;
    touched.add(level);
    if (tile.width < TILE_WIDTH) return;
    const full = copyOf(level, tile);
    grown.push(full);
    tile.index++;
    tile.width = 0;
    this.push(level + 1, hashRow(full.hashes), grown, touched);
  }
}

function copyOf(level: number, { hashes, index, width }: EdgeTile): Tile {
  return { level, index, width, hashes: Buffer.from(hashes.subarray(0, width * HASH_BYTES)) };
}
