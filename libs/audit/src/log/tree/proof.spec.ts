import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryTiles } from '../../testing/memory-tiles.js';
import { NaiveTree } from '../../testing/naive-tree.js';
import { GrowingTree } from './growing-tree.js';
import { type HashReader, MalformedTile, tileHashReader, treeRoot } from './hash-reader.js';
import { EMPTY_ROOT, hashLeaf, hashNode } from './hash.js';
import {
  type ConsistencyClaim,
  consistencyProof,
  type InclusionClaim,
  inclusionProof,
  verifyConsistency,
  verifyInclusion,
} from './proof.js';
import type { TileId } from './tile.js';

const COUNT = 600;
const leaves = Array.from({ length: COUNT }, (_, i) => hashLeaf(Buffer.from(`leaf ${i}`)));
const naive = new NaiveTree(leaves);
const tiles = new MemoryTiles();
tiles.store(new GrowingTree().append(leaves));
const reader = (size: number) => tileHashReader(size, tiles.read);
const root = (size: number) => naive.hash(0, size);

async function inclusion(index: number, size: number): Promise<InclusionClaim> {
  const proof = await inclusionProof(index, size, reader(size));
  return { index, size, leafHash: leaves[index]!, root: root(size), proof };
}

async function consistency(oldSize: number, newSize: number): Promise<ConsistencyClaim> {
  const proof = await consistencyProof(oldSize, newSize, reader(newSize));
  return { oldSize, newSize, oldRoot: root(oldSize), newRoot: root(newSize), proof };
}

const sizes = fc.integer({ min: 1, max: COUNT });
const inclusions = sizes.chain((size) => fc.tuple(fc.nat(size - 1), fc.constant(size)));
const consistencies = sizes.chain((size) => fc.tuple(fc.integer({ min: 1, max: size }), fc.constant(size)));
const interesting = [1, 2, 3, 4, 5, 6, 7, 8, 9, 31, 32, 33, 63, 64, 255, 256, 257, 511, 512, 513, 599, 600];

describe('proofs', () => {
  it('are those of the RFC, and verify, for all small trees and around each border', async () => {
    for (const size of [...Array.from({ length: 40 }, (_, i) => i + 1), ...interesting]) {
      for (const index of size <= 40 ? leaves.slice(0, size).keys() : interesting.filter((i) => i < size)) {
        const claim = await inclusion(index, size);
        expect(claim.proof).toEqual(naive.path(index, 0, size));
        expect(verifyInclusion(claim)).toBe(true);
        const prefix = await consistency(index + 1, size);
        expect(prefix.proof).toEqual(naive.subproof(index + 1, 0, size, true));
        expect(verifyConsistency(prefix)).toBe(true);
      }
    }
  });

  it('of inclusion verify for any leaf, and for no other index', async () => {
    await fc.assert(
      fc.asyncProperty(inclusions, fc.nat(COUNT), async ([index, size], other) => {
        const claim = await inclusion(index, size);
        expect(claim.proof).toEqual(naive.path(index, 0, size));
        expect(verifyInclusion(claim)).toBe(true);
        if (other !== index) expect(verifyInclusion({ ...claim, index: other })).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('of consistency verify for any prefix', async () => {
    await fc.assert(
      fc.asyncProperty(consistencies, async ([oldSize, newSize]) => {
        const claim = await consistency(oldSize, newSize);
        expect(claim.proof).toEqual(naive.subproof(oldSize, 0, newSize, true));
        expect(verifyConsistency(claim)).toBe(true);
      }),
      { numRuns: 500 },
    );
  });

  it('of inclusion are refused when a bit is turned or a hash is added, dropped or swapped', async () => {
    await fc.assert(
      fc.asyncProperty(inclusions, fc.nat(), async ([index, size], where) => {
        const claim = await inclusion(index, size);
        const [leafHash, base, ...proof] = flipped([claim.leafHash, claim.root, ...claim.proof], where);
        expect(verifyInclusion({ ...claim, leafHash: leafHash!, root: base!, proof })).toBe(false);
        for (const bent of bentProofs(claim.proof, where)) {
          expect(verifyInclusion({ ...claim, proof: bent })).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('of consistency are refused when a bit is turned or a hash is added, dropped or swapped', async () => {
    await fc.assert(
      fc.asyncProperty(consistencies, fc.nat(), async ([oldSize, newSize], where) => {
        const claim = await consistency(oldSize, newSize);
        const [oldRoot, newRoot, ...proof] = flipped([claim.oldRoot, claim.newRoot, ...claim.proof], where);
        expect(verifyConsistency({ ...claim, oldRoot: oldRoot!, newRoot: newRoot!, proof })).toBe(false);
        for (const bent of bentProofs(claim.proof, where)) {
          expect(verifyConsistency({ ...claim, proof: bent })).toBe(false);
        }
      }),
      { numRuns: 1000 },
    );
  });

  it('of inclusion are refused for what is no tree', async () => {
    const claim = await inclusion(5, 8);
    expect(verifyInclusion({ ...claim, index: 8 })).toBe(false);
    expect(verifyInclusion({ ...claim, index: -1 })).toBe(false);
    expect(verifyInclusion({ ...claim, index: 5.5 })).toBe(false);
    expect(verifyInclusion({ ...(await inclusion(0, 8)), index: NaN })).toBe(false);
    expect(verifyInclusion({ ...claim, size: Infinity })).toBe(false);
    expect(verifyInclusion({ ...claim, leafHash: leaves[5]!.subarray(1) })).toBe(false);
    expect(verifyInclusion({ index: 0, size: 0, leafHash: EMPTY_ROOT, root: EMPTY_ROOT, proof: [] })).toBe(
      false,
    );
  });

  it('of consistency treat an empty tree as a prefix of any, without hashes', () => {
    const claim = { oldSize: 0, oldRoot: EMPTY_ROOT, newSize: 8, newRoot: root(8), proof: [] };
    expect(verifyConsistency(claim)).toBe(true);
    expect(verifyConsistency({ ...claim, newSize: 0, newRoot: EMPTY_ROOT })).toBe(true);
    expect(verifyConsistency({ ...claim, newSize: 0 })).toBe(false);
    expect(verifyConsistency({ ...claim, proof: [root(8)] })).toBe(false);
    expect(verifyConsistency({ ...claim, oldRoot: root(1) })).toBe(false);
  });

  it('of consistency are refused backwards and between different trees of one size', async () => {
    const claim = await consistency(5, 8);
    expect(verifyConsistency({ ...claim, oldSize: 8, newSize: 5 })).toBe(false);
    expect(verifyConsistency({ ...claim, oldSize: 8, proof: [] })).toBe(false);
    expect(verifyConsistency({ ...claim, oldSize: 5.5 })).toBe(false);
    expect(verifyConsistency({ ...claim, oldSize: 4, oldRoot: root(4), proof: [] })).toBe(false);
  });

  it('of inclusion have the length that the size asks for, even if the hashes lead to the root', async () => {
    const { leafHash, proof, ...claim } = await inclusion(5, 8);
    const [first, second, third] = proof;
    const short = { ...claim, leafHash, root: hashNode(hashNode(first!, leafHash), second!) };
    expect(verifyInclusion({ ...short, size: 7, proof: [first!, second!] })).toBe(false);
    const long = { ...claim, leafHash, root: hashNode(leaves[0]!, claim.root) };
    expect(verifyInclusion({ ...long, proof: [first!, second!, third!, leaves[0]!] })).toBe(false);
  });

  it('of consistency have the length that the sizes ask for, even if the hashes lead to the roots', () => {
    const [a, b, c] = leaves as [Buffer, Buffer, Buffer];
    const grown = { oldSize: 1, oldRoot: a, newRoot: hashNode(a, b), proof: [b] };
    expect(verifyConsistency({ ...grown, newSize: 2 })).toBe(true);
    expect(verifyConsistency({ ...grown, newSize: 3 })).toBe(false);
    const further = { ...grown, newRoot: hashNode(hashNode(a, b), c), proof: [b, c] };
    expect(verifyConsistency({ ...further, newSize: 3 })).toBe(true);
    expect(verifyConsistency({ ...further, newSize: 5 })).toBe(false);
    const ab = hashNode(a, b);
    const three = { oldSize: 3, newSize: 4, oldRoot: hashNode(ab, c), newRoot: hashNode(ab, hashNode(c, a)) };
    expect(verifyConsistency({ ...three, proof: [c, a, ab] })).toBe(true);
    const higher = { oldRoot: hashNode(b, three.oldRoot), newRoot: hashNode(b, three.newRoot) };
    expect(verifyConsistency({ ...three, ...higher, proof: [c, a, ab, b] })).toBe(false);
  });

  it('are refused when a hash is cut or lengthened, even right after the whole one was verified', async () => {
    for (const index of [0, 1]) {
      const claim = await inclusion(index, 2);
      const [hash] = claim.proof as [Buffer];
      expect(verifyInclusion(claim)).toBe(true);
      expect(verifyInclusion({ ...claim, proof: [hash.subarray(0, 31)] })).toBe(false);
      expect(verifyInclusion({ ...claim, proof: [Buffer.concat([hash, hash])] })).toBe(false);
    }
    expect(() => hashNode(leaves[0]!, leaves[1]!.subarray(0, 31))).toThrow(RangeError);
    expect(() => hashNode(Buffer.alloc(33), leaves[1]!)).toThrow(RangeError);
  });

  it('work beyond 2^32 leaves', async () => {
    // All leaves are the same, so that every perfect subtree of one height has one hash.
    const byHeight = [leaves[0]!];
    while (byHeight.length < 54) byHeight.push(hashNode(byHeight.at(-1)!, byHeight.at(-1)!));
    const read: HashReader = async (nodes) => nodes.map(({ height }) => byHeight[height]!);
    for (const newSize of [2 ** 33 + 7, 2 ** 45 + 2 ** 31 + 1, Number.MAX_SAFE_INTEGER]) {
      const newRoot = await treeRoot(newSize, read);
      for (const oldSize of [3, 2 ** 31, 2 ** 32 + 5, newSize - 1]) {
        const index = oldSize - 1;
        const proof = await inclusionProof(index, newSize, read);
        expect(verifyInclusion({ index, size: newSize, leafHash: leaves[0]!, root: newRoot, proof })).toBe(
          true,
        );
        const oldRoot = await treeRoot(oldSize, read);
        const prefix = {
          oldSize,
          newSize,
          oldRoot,
          newRoot,
          proof: await consistencyProof(oldSize, newSize, read),
        };
        expect(verifyConsistency(prefix)).toBe(true);
        expect(verifyConsistency({ ...prefix, oldRoot: newRoot })).toBe(false);
      }
    }
  });
});

describe('reading hashes from tiles', () => {
  it('asks for all tiles of a proof at once, each once, as wide as the tree has them', async () => {
    const calls: (readonly TileId[])[] = [];
    const read = tileHashReader(600, async (ids) => {
      calls.push(ids);
      return tiles.read(ids);
    });
    await inclusionProof(300, 600, read);
    expect(calls).toEqual([
      [
        { level: 0, index: 1, width: 256 },
        { level: 1, index: 0, width: 2 },
        { level: 0, index: 2, width: 88 },
      ],
    ]);
  });

  it('gives the root of the tree and of each former tree', async () => {
    for (const size of [0, ...interesting]) expect(await treeRoot(size, reader(600))).toEqual(root(size));
  });

  it('refuses a tile that is too short or cut', async () => {
    const narrow = tileHashReader(600, async (ids) => ids.map(({ width }) => Buffer.alloc((width - 1) * 32)));
    await expect(inclusionProof(1, 600, narrow)).rejects.toThrow(MalformedTile);
    const cut = tileHashReader(600, async (ids) => ids.map(() => Buffer.alloc(8192 + 1)));
    await expect(inclusionProof(1, 600, cut)).rejects.toThrow(MalformedTile);
    await expect(
      inclusionProof(
        1,
        600,
        tileHashReader(600, async () => []),
      ),
    ).rejects.toThrow(MalformedTile);
  });

  it('has no node that the tree has not', async () => {
    await expect(reader(600)([{ height: 0, index: 600 }])).rejects.toThrow(RangeError);
    await expect(reader(600)([{ height: 9, index: 1 }])).rejects.toThrow(RangeError);
    // The tiles have it by now, but a smaller tree has not.
    await expect(reader(300)([{ height: 0, index: 350 }])).rejects.toThrow(RangeError);
    await expect(inclusionProof(600, 600, reader(600))).rejects.toThrow(RangeError);
    await expect(consistencyProof(601, 600, reader(600))).rejects.toThrow(RangeError);
  });
});

/** The same hashes with one bit turned somewhere. */
function flipped(hashes: readonly Uint8Array[], where: number): Buffer[] {
  const copies = hashes.map((hash) => Buffer.from(hash));
  const bit = where % (copies.length * 256);
  copies[Math.floor(bit / 256)]![Math.floor((bit % 256) / 8)]! ^= 1 << (bit % 8);
  return copies;
}

/** The proof with a hash dropped, doubled, cut, added, or two neighbours swapped. */
function bentProofs(proof: readonly Uint8Array[], where: number): Uint8Array[][] {
  const at = proof.length === 0 ? 0 : where % proof.length;
  const bent = [
    [...proof, leaves[0]!],
    [leaves[0]!, ...proof],
    [...proof, Buffer.alloc(0)],
  ];
  if (proof.length === 0) return bent;
  bent.push(
    proof.toSpliced(at, 1),
    proof.toSpliced(at, 0, proof[at]!),
    proof.with(at, proof[at]!.subarray(1)),
  );
  if (at > 0) bent.push(proof.with(at, proof[at - 1]!).with(at - 1, proof[at]!));
  return bent;
}
