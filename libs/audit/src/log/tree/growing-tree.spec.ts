import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryTiles } from '../../testing/memory-tiles.js';
import { NaiveTree } from '../../testing/naive-tree.js';
import { GrowingTree } from './growing-tree.js';
import { hashLeaf } from './hash.js';
import { allTiles, partialTiles, type Tile } from './tile.js';

// The tree of the Certificate Transparency reference implementation and of transparency-dev/merkle.
const INPUTS = [
  '',
  '00',
  '10',
  '2021',
  '3031',
  '40414243',
  '5051525354555657',
  '606162636465666768696a6b6c6d6e6f',
];
const ROOTS = [
  'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
  '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
  'fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125',
  'aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77',
  'd37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7',
  '4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4',
  '76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef',
  'ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c',
  '5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328',
];

const leafHashes = (count: number) =>
  Array.from({ length: count }, (_, i) => hashLeaf(Buffer.from(`leaf ${i}`)));

describe('a growing tree', () => {
  it('has the known roots', () => {
    const tree = new GrowingTree();
    const roots = [tree.root()];
    for (const input of INPUTS) {
      tree.append([hashLeaf(Buffer.from(input, 'hex'))]);
      roots.push(tree.root());
    }
    expect(roots.map((root) => root.toString('hex'))).toEqual(ROOTS);
  });

  it('has root and tiles as the RFC defines them, at every size up to 600', () => {
    const leaves = leafHashes(600);
    const naive = new NaiveTree(leaves);
    const tree = new GrowingTree();
    const tiles = new MemoryTiles();
    for (let size = 0; size <= 600; size++) {
      expect(tree.size).toBe(size);
      expect(tree.root()).toEqual(naive.hash(0, size));
      for (const { level, index, width } of allTiles(size)) {
        const span = 256 ** level;
        const hashes = Array.from({ length: width }, (_, i) => (index * 256 + i) * span).map((start) =>
          naive.hash(start, start + span),
        );
        expect(tiles.get({ level, index }).equals(Buffer.concat(hashes))).toBe(true);
      }
      tiles.store(tree.append(leaves.slice(size, size + 1)));
    }
  });

  it('grows by batches, after being restored between any two, as it does by one leaf at a time', () => {
    const leaves = leafHashes(70_000);
    const whole = new MemoryTiles();
    const one = new GrowingTree();
    whole.store(one.append(leaves));

    const batches = fc.array(
      fc.oneof(fc.constantFrom(256, 512, 65_536), fc.nat(20), fc.nat(600), fc.nat(70_000)),
      {
        minLength: 1,
        maxLength: 12,
      },
    );
    fc.assert(
      fc.property(batches, (sizes) => {
        const tiles = new MemoryTiles();
        let tree = new GrowingTree();
        for (const size of [...sizes, leaves.length]) {
          const former = tree.size;
          const grown = tree.append(leaves.slice(former, former + size));
          expectWidening(grown, former, tree.size);
          tiles.store(grown);
          tree = GrowingTree.restore(
            tree.size,
            partialTiles(tree.size).map((id) => tiles.get(id)),
          );
        }
        expect(tree.root()).toEqual(one.root());
        for (const id of allTiles(leaves.length)) expect(tiles.get(id).equals(whole.get(id))).toBe(true);
      }),
      { numRuns: 15 },
    );
  });

  it('is restored from tiles that have grown since', () => {
    const leaves = leafHashes(300);
    const tiles = new MemoryTiles();
    tiles.store(new GrowingTree().append(leaves));
    const tree = GrowingTree.restore(
      290,
      partialTiles(290).map((id) => tiles.get(id)),
    );
    expect(tree.root()).toEqual(new NaiveTree(leaves).hash(0, 290));
    tree.append(leaves.slice(290));
    expect(tree.root()).toEqual(new NaiveTree(leaves).hash(0, 300));
  });

  it('does not change tiles that it handed out', () => {
    const leaves = leafHashes(3);
    const tree = new GrowingTree();
    const [tile] = tree.append(leaves.slice(0, 1));
    const before = Buffer.from(tile!.hashes);
    tree.append(leaves.slice(1));
    expect(tile!.hashes).toEqual(before);
  });

  it('refuses what does not fit', () => {
    const tile = Buffer.alloc(8192);
    expect(() => GrowingTree.restore(300, [tile])).toThrow('2 partial tiles, not 1');
    expect(() => GrowingTree.restore(300, [tile.subarray(0, 43 * 32), tile])).toThrow('fewer than 44');
    expect(() => GrowingTree.restore(-1, [])).toThrow(RangeError);
    expect(() => GrowingTree.restore(1.5, [])).toThrow(RangeError);
    expect(() => new GrowingTree().append([Buffer.alloc(31)])).toThrow('32 bytes, not 31');
  });
});

/** What grew is each tile that a tree of the new size has and that of the former had not, or had narrower: once. */
function expectWidening(grown: readonly Tile[], former: number, size: number): void {
  const key = ({ level, index, width }: { level: number; index: number; width: number }) =>
    `${level}/${index}/${width}`;
  const before = new Set([...allTiles(former)].map(key));
  const expected = [...allTiles(size)].map(key).filter((tile) => !before.has(tile));
  expect(grown.map(key).toSorted()).toEqual(expected.toSorted());
}
