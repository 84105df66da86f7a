import { hash } from 'node:crypto';

/** A SHA-256 hash in bytes. */
export const HASH_BYTES = 32;

const LEAF_PREFIX = 0x00;
const NODE_PREFIX = 0x01;

/** Joins prefix and data without allocating; safe to share because hashing is synchronous. */
const node = Buffer.alloc(1 + 2 * HASH_BYTES, NODE_PREFIX);

/** SHA-256 of bytes. */
export function sha256(bytes: Uint8Array): Buffer {
  return hash('sha256', bytes, 'buffer');
}

/** The root of a tree without leaves: the hash of nothing (RFC 6962, 2.1). */
export const EMPTY_ROOT: Buffer = sha256(new Uint8Array());

/** The hash of a leaf: SHA-256(0x00 ‖ data) (RFC 6962, 2.1). */
export function hashLeaf(data: Uint8Array): Buffer {
  const bytes = Buffer.allocUnsafe(1 + data.length);
  bytes[0] = LEAF_PREFIX;
  bytes.set(data, 1);
  return sha256(bytes);
}

/**
 * The hash of an inner node: SHA-256(0x01 ‖ left ‖ right) (RFC 6962, 2.1).
 * @throws RangeError unless both are hashes.
 */
export function hashNode(left: Uint8Array, right: Uint8Array): Buffer {
  if (left.length !== HASH_BYTES || right.length !== HASH_BYTES) {
    throw new RangeError(`A node joins two hashes of ${HASH_BYTES} bytes`);
  }
  node.set(left, 1);
  node.set(right, 1 + HASH_BYTES);
  return sha256(node);
}

/**
 * The Merkle Tree Hash over concatenated hashes, which are the roots of perfect subtrees of one size (or leaf hashes).
 * @throws RangeError when there is none, or the bytes are not whole hashes.
 */
export function hashRow(hashes: Uint8Array): Buffer {
  if (hashes.length === 0 || hashes.length % HASH_BYTES !== 0) {
    throw new RangeError(`${hashes.length} bytes are not one or more hashes of ${HASH_BYTES} bytes`);
  }
  // Level by level in place: an odd hash at the end moves up as it is, which is what RFC 6962's split amounts to.
  const row = Buffer.from(hashes);
  let count = hashes.length / HASH_BYTES;
  while (count > 1) {
    const pairs = Math.floor(count / 2);
    for (let pair = 0; pair < pairs; pair++) {
      row.copy(node, 1, 2 * pair * HASH_BYTES, (2 * pair + 2) * HASH_BYTES);
      row.set(sha256(node), pair * HASH_BYTES);
    }
    if (count % 2 === 1) row.copyWithin(pairs * HASH_BYTES, (count - 1) * HASH_BYTES, count * HASH_BYTES);
    count = Math.ceil(count / 2);
  }
  // A copy, so that who keeps the hash does not keep the row.
  return Buffer.from(row.subarray(0, HASH_BYTES));
}
