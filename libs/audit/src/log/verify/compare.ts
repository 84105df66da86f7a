import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.js';
import { parseNote } from '../note/note.js';
import { type HashReader, MalformedTile, tileHashReader } from '../tree/hash-reader.js';
import { consistencyProof, verifyConsistency } from '../tree/proof.js';
import { tilePath } from '../tree/tile.js';
import type { LogSource } from './log-source.js';

/** A log with its newest checkpoint. */
export interface LogAt {
  readonly source: LogSource;
  readonly checkpoint: Checkpoint;
}

/**
 * Whether a log began with the tree of an older checkpoint, which is not larger than the log; or what is wrong with the
 * tiles that would tell, in words.
 */
export async function beganWith(old: Checkpoint, log: LogAt): Promise<boolean | string> {
  const { size, root } = log.checkpoint;
  const proof = await fromTiles(log, (read) => consistencyProof(old.size, size, read));
  if (typeof proof === 'string') return proof;
  return verifyConsistency({ oldSize: old.size, oldRoot: old.root, newSize: size, newRoot: root, proof });
}

/** Computes from a log's tiles; what is wrong with them, in words, when that fails. */
export async function fromTiles<T>(
  { source, checkpoint }: LogAt,
  compute: (read: HashReader) => Promise<T>,
): Promise<T | string> {
  const read = tileHashReader(checkpoint.size, async (tiles) =>
    Promise.all(
      tiles.map(async (tile) => {
        const hashes = await source.tile(tile);
        if (hashes === undefined) throw new MalformedTile(`${tilePath(tile)} is missing`);
        return hashes;
      }),
    ),
  );
  try {
    return await compute(read);
  } catch (error) {
    if (error instanceof MalformedTile) return error.message;
    throw error;
  }
}

/** Reads a checkpoint without looking at its signatures. @throws NoteError malformed. */
export const readCheckpoint = (signed: string): Checkpoint => parseCheckpoint(parseNote(signed).text);

/** So many entries, in words. */
export const entries = (size: number): string =>
  size === 1 ? '1 entry' : `${size.toLocaleString('en')} entries`;
