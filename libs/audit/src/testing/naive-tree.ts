import { EMPTY_ROOT, hashNode } from '../log/tree/hash.js';

/** RFC 6962's definitions as they stand there, recursive and over the leaf hashes themselves, to compare with. */
export class NaiveTree {
  private readonly known = new Map<string, Buffer>();

  constructor(private readonly leafHashes: readonly Buffer[]) {}

  /** MTH(D[start:end]), section 2.1. */
  hash(start: number, end: number): Buffer {
    if (start === end) return EMPTY_ROOT;
    if (end - start === 1) return this.leafHashes[start]!;
    const key = `${start}-${end}`;
    const known = this.known.get(key);
    if (known !== undefined) return known;
    const k = start + largestPowerOfTwoBelow(end - start);
    const hash = hashNode(this.hash(start, k), this.hash(k, end));
    this.known.set(key, hash);
    return hash;
  }

  /** PATH(index, D[start:end]), section 2.1.1, with the index counted from `start`. */
  path(index: number, start: number, end: number): Buffer[] {
    if (end - start === 1) return [];
    const k = largestPowerOfTwoBelow(end - start);
    return index < k
      ? [...this.path(index, start, start + k), this.hash(start + k, end)]
      : [...this.path(index - k, start + k, end), this.hash(start, start + k)];
  }

  /** SUBPROOF(m, D[start:end], whole), section 2.1.2. */
  subproof(m: number, start: number, end: number, whole: boolean): Buffer[] {
    if (m === end - start) return whole ? [] : [this.hash(start, end)];
    const k = largestPowerOfTwoBelow(end - start);
    return m <= k
      ? [...this.subproof(m, start, start + k, whole), this.hash(start + k, end)]
      : [...this.subproof(m - k, start + k, end, false), this.hash(start, start + k)];
  }
}

function largestPowerOfTwoBelow(n: number): number {
  return 2 ** Math.floor(Math.log2(n - 1));
}
