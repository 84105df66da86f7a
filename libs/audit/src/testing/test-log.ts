import { generateKeyPairSync } from 'node:crypto';
import { leafOf, type LeafEntry } from '../log/leaf/leaf.js';
import { signCheckpoint } from '../log/note/checkpoint.js';
import { type NoteSigner, noteSigner } from '../log/note/key.js';
import { GrowingTree } from '../log/tree/growing-tree.js';
import { hashLeaf } from '../log/tree/hash.js';
import type { TileId } from '../log/tree/tile.js';
import type { LogSource } from '../log/verify/log-source.js';
import { MemoryTiles } from './memory-tiles.js';

/** A key that can be had under other names. */
export interface TestSigner extends NoteSigner {
  named(name: string): TestSigner;
}

export const newSigner = (
  name: string,
  privateKey = generateKeyPairSync('ed25519').privateKey,
): TestSigner => ({ ...noteSigner(name, privateKey), named: (other) => newSigner(other, privateKey) });

/** The leaf data of an entry that says little. */
export const someLeaf = (number: number, entry: Partial<LeafEntry> = {}): Buffer =>
  leafOf({
    id: `aud_${String(number).padStart(26, '0')}`,
    occurredAt: '2026-01-02 03:04:05.000006',
    action: 'thing.create',
    outcome: 'succeeded',
    actorKind: 'user',
    actorId: 'usr_a',
    resourceType: 'thing',
    resourceId: `thg_${number}`,
    payloadHash: 'A'.repeat(43) + '=',
    ...entry,
  });

/** A log in memory, which its test may do anything to. */
export class TestLog implements LogSource {
  readonly name = 'a log in memory';
  readonly readAhead = 3;
  readonly data: Uint8Array[] = [];
  readonly tiles = new MemoryTiles();
  /** Whether it shows leaf data. */
  isOpen = true;
  private readonly tree = new GrowingTree();

  constructor(
    readonly origin = 'log.example',
    readonly signers: readonly TestSigner[] = [newSigner(origin)],
  ) {}

  get size(): number {
    return this.tree.size;
  }

  get root(): Buffer {
    return this.tree.root();
  }

  get vkeys(): string[] {
    return this.signers.map(({ vkey }) => vkey);
  }

  append(leaves: readonly Uint8Array[]): this {
    for (const leaf of leaves) this.data.push(leaf);
    this.tiles.store(this.tree.append(leaves.map(hashLeaf)));
    return this;
  }

  /** Appends so many leaves that all differ. */
  grow(count: number, from = this.size): this {
    return this.append(Array.from({ length: count }, (_, i) => someLeaf(from + i)));
  }

  /** The signed checkpoint of the log as it is now. */
  signed(signers: readonly NoteSigner[] = this.signers): string {
    return signCheckpoint({ origin: this.origin, size: this.size, root: this.root }, signers);
  }

  async key(): Promise<string> {
    return this.vkeys.map((vkey) => `${vkey}\n`).join('');
  }

  async checkpoint(): Promise<Buffer | undefined> {
    return Buffer.from(this.signed());
  }

  async tile({ level, index, width }: TileId): Promise<Buffer | undefined> {
    return this.tiles.get({ level, index }).subarray(0, width * 32);
  }

  async former(): Promise<undefined> {}

  async leaves({ index, width }: Omit<TileId, 'level'>): Promise<readonly Uint8Array[] | undefined> {
    return this.isOpen ? this.data.slice(index * 256, index * 256 + width) : undefined;
  }
}
