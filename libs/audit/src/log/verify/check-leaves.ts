import { LeafError } from '../leaf/canonical.js';
import { parseLeaf } from '../leaf/leaf.js';
import { HASH_BYTES, hashLeaf } from '../tree/hash.js';
import { TILE_WIDTH, type TileId, tilePath } from '../tree/tile.js';
import type { Findings } from './findings.js';
import type { LogSource } from './log-source.js';

type Leaves = readonly Uint8Array[] | string;

/** Leaf data beside the tile of level 0 that it should hash to. */
export interface LeavesToCheck {
  readonly tile: TileId;
  readonly hashes: Buffer;
  readonly leaves: Leaves;
  /** Whether the tile belongs to the signed root. */
  readonly isBelieved: boolean;
}

/** The leaf data of a tile; or what is wrong with it, in words. @throws AccessDenied, SourceUnreadable. */
export async function readLeaves(source: LogSource, { index, width }: TileId): Promise<Leaves> {
  try {
    return (await source.leaves({ index, width })) ?? 'is missing';
  } catch (error) {
    if (error instanceof LeafError) return `is no bundle of entries: ${error.message}`;
    throw error;
  }
}

/** Hashes each leaf and compares it with its tile. */
export function checkLeaves(findings: Findings, { tile, hashes, leaves, isBelieved }: LeavesToCheck): void {
  const path = tilePath(tile);
  const bundle = tilePath({ ...tile, level: 'entries' });
  if (typeof leaves === 'string') return findings.add('leaf', `${bundle} ${leaves}`);
  if (leaves.length < tile.width)
    findings.add(
      'leaf',
      `${bundle} has ${leaves.length} entries; the tree has ${tile.width} there: some were removed`,
    );
  for (const [position, leaf] of leaves.slice(0, tile.width).entries()) {
    const start = position * HASH_BYTES;
    if (hashes.subarray(start, start + HASH_BYTES).equals(hashLeaf(leaf))) continue;
    findings.add(
      'leaf',
      `${nameOf(tile.index * TILE_WIDTH + position, leaf)} in ${bundle} ` +
        (isBelieved
          ? `is not what was logged: it does not hash to what ${path} says, which belongs to the signed root`
          : `and ${path} contradict each other`),
    );
  }
}

/** What to call a leaf that may not be what it says. */
function nameOf(index: number, data: Uint8Array): string {
  try {
    const leaf = parseLeaf(data);
    return leaf.type === 'entry' ? `Entry ${index} (it says ${leaf.id})` : `Entry ${index}`;
  } catch {
    return `Entry ${index}`;
  }
}
