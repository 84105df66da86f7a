import { LeafError } from '../leaf/canonical.js';
import { parseLeaf } from '../leaf/leaf.js';
import { hashLeaf } from '../tree/hash.js';
import { inclusionProof, verifyInclusion } from '../tree/proof.js';
import { TILE_WIDTH } from '../tree/tile.js';
import { readLeaves } from './check-leaves.js';
import { fromTiles, type LogAt } from './compare.js';
import { AccessDenied } from './log-source.js';

/** What a log continues: a signed checkpoint, of which nothing is verified; else why not, or why that cannot be known. */
export type Previous =
  { readonly signed: string } | { readonly wrong: string } | { readonly unknown: string };

/** Reads from the first leaf of a log that was begun after a restore what it continues. */
export async function previousOf(log: LogAt): Promise<Previous> {
  const { size, root } = log.checkpoint;
  if (size === 0) return { wrong: 'it has no entries' };
  try {
    const place = { level: 0, index: 0, width: Math.min(size, TILE_WIDTH) };
    const leaves = await readLeaves(log.source, place);
    if (typeof leaves === 'string') return { unknown: `the bundle of its first leaves ${leaves}` };
    const [first = new Uint8Array()] = leaves;
    const proof = await fromTiles(log, (read) => inclusionProof(0, size, read));
    if (typeof proof === 'string') return { wrong: proof };
    if (!verifyInclusion({ index: 0, size, leafHash: hashLeaf(first), root, proof }))
      return { wrong: 'its first leaf is not what was logged' };
    const leaf = parseLeaf(first);
    return leaf.type === 'origin' ? { signed: leaf.previous } : { wrong: 'it does not continue another log' };
  } catch (error) {
    if (error instanceof AccessDenied) return { unknown: 'its first leaf, which says so, may not be read' };
    if (error instanceof LeafError) return { wrong: `its first leaf cannot be read: ${error.message}` };
    throw error;
  }
}
