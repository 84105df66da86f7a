import { EMPTY_ROOT, hashNode, HASH_BYTES } from './hash.js';
import { hashRanges, type HashReader, type LeafRange, splitPoint } from './hash-reader.js';
import { assertSize } from './tile.js';

/** No proof in a tree of fewer than 2^63 leaves is longer (C2SP tlog-witness). */
export const MAX_PROOF_HASHES = 63;

/**
 * The proof that leaf `index` is in the tree of the first `size` leaves (RFC 6962, 2.1.1), from the leaf's sibling upwards.
 * @throws RangeError unless index < size.
 */
export async function inclusionProof(index: number, size: number, read: HashReader): Promise<Buffer[]> {
  assertSize(size);
  if (!Number.isSafeInteger(index) || index < 0 || index >= size) {
    throw new RangeError(`A tree of ${size} leaves has no leaf ${index}`);
  }
  const path: LeafRange[] = [];
  let [start, end] = [0, size];
  while (end - start > 1) {
    const middle = start + splitPoint(end - start);
    if (index < middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  return hashRanges(path.toReversed(), read);
}

/**
 * The proof that the tree of `oldSize` leaves is a prefix of the one of `newSize` (RFC 6962, 2.1.2). It is empty when the
 * old tree is empty or the sizes are the same.
 * @throws RangeError unless oldSize ≤ newSize.
 */
export async function consistencyProof(
  oldSize: number,
  newSize: number,
  read: HashReader,
): Promise<Buffer[]> {
  assertSize(oldSize);
  assertSize(newSize);
  if (oldSize > newSize) throw new RangeError(`A tree of ${newSize} leaves has no prefix of ${oldSize}`);
  if (oldSize === 0) return [];
  const path: LeafRange[] = [];
  let [start, end] = [0, newSize];
  while (end !== oldSize) {
    const middle = start + splitPoint(end - start);
    if (oldSize <= middle) {
      path.push({ start: middle, end });
      end = middle;
    } else {
      path.push({ start, end: middle });
      start = middle;
    }
  }
  // The verifier knows the old root; a part of the old tree must be given.
  if (start > 0) path.push({ start, end });
  return hashRanges(path.toReversed(), read);
}

/** What an inclusion proof claims. */
export interface InclusionClaim {
  readonly index: number;
  readonly size: number;
  readonly leafHash: Uint8Array;
  readonly root: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/** Whether the proof shows that the leaf is in the tree with this root (RFC 9162, 2.1.3.2). */
export function verifyInclusion({ index, size, leafHash, root, proof }: InclusionClaim): boolean {
  if (!areHashes([leafHash, root, ...proof]) || !isCount(index) || !isCount(size) || index >= size) {
    return false;
  }
  let [node, last] = [index, size - 1];
  let hash = leafHash;
  for (const sibling of proof) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      hash = hashNode(sibling, hash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      hash = hashNode(hash, sibling);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equal(hash, root);
}

/** What a consistency proof claims. */
export interface ConsistencyClaim {
  readonly oldSize: number;
  readonly oldRoot: Uint8Array;
  readonly newSize: number;
  readonly newRoot: Uint8Array;
  readonly proof: readonly Uint8Array[];
}

/**
 * Whether the proof shows that the old tree is a prefix of the new one (RFC 9162, 2.1.4.2). An empty tree is a prefix of every
 * tree, without a proof; its root must be {@link EMPTY_ROOT}.
 */
export function verifyConsistency({ oldSize, oldRoot, newSize, newRoot, proof }: ConsistencyClaim): boolean {
  if (!areHashes([oldRoot, newRoot, ...proof]) || !isCount(oldSize) || !isCount(newSize)) return false;
  if (oldSize > newSize || (newSize === 0 && !equal(newRoot, EMPTY_ROOT))) return false;
  if (oldSize === 0) return proof.length === 0 && equal(oldRoot, EMPTY_ROOT);
  if (oldSize === newSize) return proof.length === 0 && equal(oldRoot, newRoot);

  const [first, ...rest] = isPowerOfTwo(oldSize) ? [oldRoot, ...proof] : proof;
  if (first === undefined || rest.length === 0) return false;
  let [node, last] = [oldSize - 1, newSize - 1];
  while (isOdd(node)) [node, last] = [half(node), half(last)];
  let [oldHash, newHash] = [first, first];
  for (const hash of rest) {
    if (last === 0) return false;
    if (isOdd(node) || node === last) {
      oldHash = hashNode(hash, oldHash);
      newHash = hashNode(hash, newHash);
      while (!isOdd(node) && node !== 0) [node, last] = [half(node), half(last)];
    } else {
      newHash = hashNode(newHash, hash);
    }
    [node, last] = [half(node), half(last)];
  }
  return last === 0 && equal(oldHash, oldRoot) && equal(newHash, newRoot);
}

// Sizes pass 2^31, where JavaScript's bitwise operators stop.
const isOdd = (value: number) => value % 2 === 1;
const half = (value: number) => Math.floor(value / 2);
const isCount = (value: number) => Number.isSafeInteger(value) && value >= 0;

function isPowerOfTwo(value: number): boolean {
  let rest = value;
  while (rest > 1 && !isOdd(rest)) rest = half(rest);
  return rest === 1;
}

const areHashes = (values: readonly Uint8Array[]) => values.every((value) => value.length === HASH_BYTES);
const equal = (left: Uint8Array, right: Uint8Array) => Buffer.compare(left, right) === 0;
