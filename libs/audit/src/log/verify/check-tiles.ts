import type { Checkpoint } from '../note/checkpoint.js';
import { GrowingTree } from '../tree/growing-tree.js';
import { HASH_BYTES, hashRow } from '../tree/hash.js';
import { partialTiles, TILE_WIDTH, type TileId, tilePath, tileWidth } from '../tree/tile.js';
import { checkLeaves, readLeaves } from './check-leaves.js';
import type { Findings } from './findings.js';
import { inOrder } from './in-order.js';
import type { LogSource } from './log-source.js';
import type { Progress } from './progress.js';

/** What is checked against what, and who is told. */
export interface TilesToCheck {
  readonly source: LogSource;
  /** Whose root the tiles must hash to; its signature has been verified. */
  readonly checkpoint: Checkpoint;
  /** Also hash the leaf data and compare it with the tiles. */
  readonly withLeaves: boolean;
  readonly findings: Findings;
  readonly progress: Progress;
}

/**
 * Checks that every tile belongs to the tree with the signed root: from the top, so that of two tiles that contradict each
 * other the changed one is named. Gives the number of tiles. Holds a few of them at a time.
 */
export async function checkTiles(claim: TilesToCheck): Promise<number> {
  const check = new TileCheck(claim);
  await check.edge();
  for (let level = levelsOf(claim.checkpoint.size) - 1; level >= 0; level--) await check.level(level);
  return check.count;
}

/** The hashes of one tile, exactly as many as the tree has there; or what is wrong with it, in words. */
async function readTile(source: LogSource, tile: TileId): Promise<Buffer | string> {
  const hashes = await source.tile(tile);
  if (hashes === undefined) return 'is missing';
  const bytes = tile.width * HASH_BYTES;
  if (hashes.length < bytes || hashes.length % HASH_BYTES !== 0) {
    return `has ${hashes.length} bytes; the tree has ${tile.width} hashes there, which are ${bytes} bytes`;
  }
  return hashes.subarray(0, bytes);
}

class TileCheck {
  count = 0;
  /** Tiles that do not agree with what is above them: what is below is not judged by them. */
  private readonly doubtful = new Set<string>();
  /** The one tile of the edge that is known to be wrong, so that what is below it is right. */
  private changed: string | undefined;
  private parent: { readonly id: TileId; readonly hashes: Buffer | string } | undefined;

  constructor(private readonly claim: TilesToCheck) {}

  /** The right-most tiles hash to the root together. */
  async edge(): Promise<void> {
    const { source, checkpoint, findings } = this.claim;
    const ids = partialTiles(checkpoint.size);
    const tiles = await Promise.all(ids.map((id) => readTile(source, id)));
    const readable = tiles.filter((tile) => typeof tile !== 'string');
    if (readable.length === ids.length && this.isRoot(readable)) return;
    const changed = readable.length < ids.length ? undefined : await this.changedOf(ids, readable);
    for (const id of changed ? [changed] : ids) this.doubtful.add(tilePath(id));
    if (readable.length < ids.length) return; // The level says so.
    const paths = ids.map(tilePath).join(', ');
    if (changed) {
      this.changed = tilePath(changed);
      findings.add(
        'tile',
        `${this.changed} was changed: the tiles below it hash to something else, which belongs to the signed root`,
      );
    } else if (ids.length === 0) {
      findings.add('tile', 'The signed root is not that of a log without entries');
    } else {
      const subject = ids.length === 1 ? `${paths} does` : `The tiles at the right edge (${paths}) do`;
      const object = ids.length === 1 ? 'it' : 'one of them';
      findings.add(
        'tile',
        `${subject} not hash to the signed root: ${object} was changed, or the checkpoint is of another tree`,
      );
    }
  }

  private isRoot(edge: readonly Buffer[]): boolean {
    const { size, root } = this.claim.checkpoint;
    return GrowingTree.restore(size, edge).root().equals(root);
  }

  /** The one of the right-most tiles in whose place what is below it gives the root. */
  private async changedOf(ids: readonly TileId[], edge: readonly Buffer[]): Promise<TileId | undefined> {
    for (const [position, { level, index, width }] of ids.entries()) {
      const below = Array.from({ length: level === 0 ? 0 : width }, (_, offset) => ({
        level: level - 1,
        index: index * TILE_WIDTH + offset,
        width: TILE_WIDTH,
      }));
      const hashes: Buffer[] = [];
      for await (const { result } of inOrder(below, this.claim.source.readAhead, (id) =>
        readTile(this.claim.source, id),
      ))
        if (typeof result !== 'string') hashes.push(hashRow(result));
      if (hashes.length === width && this.isRoot(edge.with(position, Buffer.concat(hashes))))
        return ids[position];
    }
    return undefined;
  }

  /** Each tile of a level agrees with the level above, which has been checked before. */
  async level(level: number): Promise<void> {
    const { source, checkpoint, progress, withLeaves } = this.claim;
    const reads = (id: TileId) =>
      Promise.all([readTile(source, id), withLeaves && level === 0 ? readLeaves(source, id) : undefined]);
    for await (const { item, result } of inOrder(tilesOf(level, checkpoint.size), source.readAhead, reads)) {
      const [hashes, leaves] = result;
      const isBelieved = await this.tile(item, hashes);
      if (leaves !== undefined && typeof hashes !== 'string')
        checkLeaves(this.claim.findings, { tile: item, hashes, leaves, isBelieved });
      this.count++;
      if (level === 0)
        progress.report('entries in tiles', item.index * TILE_WIDTH + item.width, checkpoint.size);
    }
  }

  /** Whether a tile agrees with what is above it. */
  private async tile(id: TileId, hashes: Buffer | string): Promise<boolean> {
    const path = tilePath(id);
    const problem = typeof hashes === 'string' ? hashes : await this.contradiction(id, hashes);
    if (problem !== undefined) {
      this.claim.findings.add('tile', `${path} ${problem}`);
      this.doubtful.add(path);
    }
    return !this.doubtful.has(path);
  }

  private async contradiction(id: TileId, hashes: Buffer): Promise<string | undefined> {
    if (id.width < TILE_WIDTH) return undefined; // It is part of the edge.
    const parent = await this.parentOf(id);
    if (tilePath(parent.id) === this.changed) return undefined;
    if (typeof parent.hashes === 'string') {
      this.doubtful.add(tilePath(id));
      return undefined;
    }
    const start = (id.index % TILE_WIDTH) * HASH_BYTES;
    if (parent.hashes.subarray(start, start + HASH_BYTES).equals(hashRow(hashes))) {
      if (this.doubtful.has(tilePath(parent.id))) this.doubtful.add(tilePath(id));
      return undefined;
    }
    return this.doubtful.has(tilePath(parent.id))
      ? `and ${tilePath(parent.id)} contradict each other: one of them was changed`
      : `was changed: it does not hash to what ${tilePath(parent.id)} says, which belongs to the signed root`;
  }

  private async parentOf({ level, index }: TileId) {
    const above = { level: level + 1, index: Math.floor(index / TILE_WIDTH) };
    const id = { ...above, width: tileWidth(above.level, above.index, this.claim.checkpoint.size) };
    if (this.parent?.id.level !== id.level || this.parent.id.index !== id.index)
      this.parent = { id, hashes: await readTile(this.claim.source, id) };
    return this.parent;
  }
}

function levelsOf(size: number): number {
  let levels = 0;
  for (let hashes = size; hashes > 0; hashes = Math.floor(hashes / TILE_WIDTH)) levels++;
  return levels;
}

function* tilesOf(level: number, size: number): Generator<TileId> {
  for (let index = 0, width = 0; (width = tileWidth(level, index, size)) > 0; index++)
    yield { level, index, width };
}
