import { parseLeaf } from '../leaf/leaf.js';
import { LeafError } from '../leaf/canonical.js';
import { type Checkpoint, parseCheckpoint } from '../note/checkpoint.js';
import { parseNote } from '../note/note.js';
import { hashLeaf } from '../tree/hash.js';
import { MalformedTile, tileHashReader } from '../tree/hash-reader.js';
import { consistencyProof, inclusionProof, verifyConsistency, verifyInclusion } from '../tree/proof.js';
import { type TileId, tilePath } from '../tree/tile.js';
import { readLeaves } from './check-leaves.js';
import type { Findings } from './findings.js';
import { AccessDenied, type LogSource } from './log-source.js';

/** What is compared with what is remembered. */
export interface RememberedToCheck {
  readonly source: LogSource;
  readonly checkpoint: Checkpoint;
  /** A signed checkpoint that was verified some time ago. It is believed because it was kept by who verifies. */
  readonly remembered: string;
  readonly findings: Findings;
}

/** Checks that the log only grew since a checkpoint that is remembered. @throws NoteError when that is malformed. */
export async function checkRemembered({
  source,
  checkpoint,
  remembered,
  findings,
}: RememberedToCheck): Promise<void> {
  const known = readCheckpoint(remembered);
  if (known.origin !== checkpoint.origin) return checkOrigin(source, checkpoint, known, findings);
  if (known.size > checkpoint.size) {
    return findings.add(
      'truncated',
      `The log has ${count(checkpoint.size)}; you remember ${count(known.size)}: the last were removed, or an old database was restored without starting a new log`,
    );
  }
  const proof = await fromTiles(source, checkpoint, (read) =>
    consistencyProof(known.size, checkpoint.size, read),
  );
  if (typeof proof === 'string') {
    return findings.add('rewritten', `The log cannot be compared with what you remember: ${proof}`);
  }
  const isConsistent = verifyConsistency({
    oldSize: known.size,
    oldRoot: known.root,
    newSize: checkpoint.size,
    newRoot: checkpoint.root,
    proof,
  });
  if (!isConsistent) {
    findings.add(
      'rewritten',
      `The log's first ${count(known.size)} are not those that you remember: its history was rewritten and signed again (you remember the root ${known.root.toString('base64')})`,
    );
  }
}

/** After a restore there is a new log, whose first leaf holds the last checkpoint of the old one. */
async function checkOrigin(
  source: LogSource,
  checkpoint: Checkpoint,
  known: Checkpoint,
  findings: Findings,
): Promise<void> {
  const previous = await previousOf(source, checkpoint);
  const other = `You remember the log ${known.origin}, and this is the log ${checkpoint.origin}`;
  const say = (words: string) => findings.add('other_log', `${other}${words}`);
  if (typeof previous === 'string') return say(`; ${previous}`);
  const begins = `, which was begun after a restore and continues ${previous.origin} from ${count(previous.size)}`;
  if (previous.origin !== known.origin) return say(begins);
  if (previous.size < known.size) {
    return say(
      `${begins}. You remember ${count(known.size)}: those from ${previous.size} to ${known.size - 1} are lost`,
    );
  }
  if (previous.size > known.size) {
    return say(
      `${begins}. Verify a copy of the old log at that size first, so that what you remember is what was continued`,
    );
  }
  if (!previous.root.equals(known.root)) {
    return say(`${begins}, but not from those that you remember: the old log's history was rewritten`);
  }
  findings.note(`${other}${begins}: exactly what you remember.`);
}

async function previousOf(source: LogSource, checkpoint: Checkpoint): Promise<Checkpoint | string> {
  if (checkpoint.size === 0) return 'it has no entries';
  try {
    const leaves = await readLeaves(source, { level: 0, index: 0, width: Math.min(checkpoint.size, 256) });
    if (typeof leaves === 'string') return `the bundle of its first leaves ${leaves}`;
    const [first = new Uint8Array()] = leaves;
    const proof = await fromTiles(source, checkpoint, (read) => inclusionProof(0, checkpoint.size, read));
    if (typeof proof === 'string') return proof;
    const claim = {
      index: 0,
      size: checkpoint.size,
      leafHash: hashLeaf(first),
      root: checkpoint.root,
      proof,
    };
    if (!verifyInclusion(claim)) return 'its first leaf is not what was logged';
    const leaf = parseLeaf(first);
    return leaf.type === 'origin' ? readCheckpoint(leaf.previous) : 'it does not continue another log';
  } catch (error) {
    if (error instanceof AccessDenied)
      return 'its first leaf may not be read, which would say what it continues';
    if (error instanceof LeafError) return `its first leaf cannot be read: ${error.message}`;
    throw error;
  }
}

/** Computes from tiles; what is wrong with them, in words, when that fails. */
async function fromTiles<T>(
  source: LogSource,
  { size }: Checkpoint,
  compute: (read: ReturnType<typeof tileHashReader>) => Promise<T>,
): Promise<T | string> {
  const read = async (tiles: readonly TileId[]) =>
    Promise.all(
      tiles.map(async (tile) => {
        const hashes = await source.tile(tile);
        if (hashes === undefined) throw new MalformedTile(`${tilePath(tile)} is missing`);
        return hashes;
      }),
    );
  try {
    return await compute(tileHashReader(size, read));
  } catch (error) {
    if (error instanceof MalformedTile) return error.message;
    throw error;
  }
}

/** Reads a checkpoint without looking at its signatures. */
const readCheckpoint = (signed: string): Checkpoint => parseCheckpoint(parseNote(signed).text);

const count = (size: number): string => (size === 1 ? '1 entry' : `${size.toLocaleString('en')} entries`);
