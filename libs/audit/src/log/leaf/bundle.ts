import { TILE_WIDTH } from '../tree/tile.js';
import { LeafError } from './canonical.js';
import { MAX_LEAF_BYTES } from './leaf.js';

const LENGTH_BYTES = 2;

/** The leaf data of consecutive leaves, each after its length as a big-endian uint16 (C2SP tlog-tiles). */
export function encodeBundle(leaves: readonly Uint8Array[]): Buffer {
  if (leaves.length > TILE_WIDTH) {
    throw new RangeError(`A bundle has at most ${TILE_WIDTH} leaves, not ${leaves.length}`);
  }
  const parts = leaves.flatMap((leaf) => {
    if (leaf.length > MAX_LEAF_BYTES) {
      throw new LeafError(`A leaf of ${leaf.length} bytes does not fit into a bundle`);
    }
    const length = Buffer.alloc(LENGTH_BYTES);
    length.writeUInt16BE(leaf.length);
    return [length, leaf];
  });
  return Buffer.concat(parts);
}

/** Reads a bundle of at most 256 leaves. @throws LeafError when it breaks off or goes on. */
export function decodeBundle(bundle: Uint8Array): Buffer[] {
  const bytes = Buffer.from(bundle.buffer, bundle.byteOffset, bundle.length);
  const leaves: Buffer[] = [];
  for (let offset = 0; offset < bytes.length;) {
    const start = offset + LENGTH_BYTES;
    const end = start <= bytes.length ? start + bytes.readUInt16BE(offset) : start;
    if (end > bytes.length) throw new LeafError(`The bundle breaks off in leaf ${leaves.length}`);
    if (leaves.length === TILE_WIDTH) throw new LeafError(`The bundle has more than ${TILE_WIDTH} leaves`);
    leaves.push(bytes.subarray(start, end));
    offset = end;
  }
  return leaves;
}
