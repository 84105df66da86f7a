import { type Checkpoint, openCheckpoint, parseCheckpoint } from '../note/checkpoint.js';
import type { NoteVerifier } from '../note/key.js';
import { openNote, parseNote } from '../note/note.js';
import { NoteError } from '../note/text.js';
import { sha256 } from '../tree/hash.js';
import { latestCheckpoint, submitCheckpoint } from './submit.js';

/** A witness that was configured. */
export interface ConfiguredWitness {
  readonly key: NoteVerifier;
  /** Its submission prefix, without a slash at the end. */
  readonly url: string;
}

/** A signed checkpoint, and the proofs that lead to it. */
export interface WitnessedLog {
  readonly signed: string;
  readonly checkpoint: Checkpoint;
  readonly logKeys: readonly NoteVerifier[];
  readonly consistencyProof: (oldSize: number) => Promise<readonly Uint8Array[]>;
  /** The root of its first leaves. */
  readonly rootAt: (size: number) => Promise<Buffer>;
}

/** What came of asking a witness. */
export type Cosigning =
  | { readonly kind: 'cosigned'; readonly line: string; readonly timestamp: number }
  /**
   * The witness says that it has seen another history: a longer one, or one that this does not extend. `evidence` is the
   * checkpoint that it saw, with the log's signatures, if it shows one that the log's key signed and that contradicts this log.
   */
  | { readonly kind: 'disputed'; readonly size: number; readonly evidence?: string }
  | { readonly kind: 'failed'; readonly reason: string };

/** A witness may answer with its size once, and grow meanwhile when others submit as well. */
const MAX_ROUNDS = 4;

/** A witness's clock may be ahead by so much. */
const MAX_AHEAD_S = 300;

/**
 * Asks a witness to cosign a checkpoint, beginning with the size that it is believed to know and going on from the one that
 * it says. Never throws for what the witness does.
 */
export async function cosign(
  { key, url }: ConfiguredWitness,
  log: WitnessedLog,
  knownSize: number,
  signal: AbortSignal,
): Promise<Cosigning> {
  const { signed, checkpoint } = log;
  let oldSize = Math.min(knownSize, checkpoint.size);
  for (let round = 0; round < MAX_ROUNDS; round++) {
    const proof = await log.consistencyProof(oldSize);
    const reply = await submitCheckpoint(url, { oldSize, proof, checkpoint: signed }, signal);
    if (reply.kind === 'failed') return reply;
    if (reply.kind === 'cosigned') return cosignatureIn(reply.lines, signed, key, Date.now() / 1000);
    const size = reply.kind === 'conflict' ? reply.size : oldSize;
    if (reply.kind === 'inconsistent' || size > checkpoint.size) {
      const evidence = await evidenceOf(url, log, signal);
      return { kind: 'disputed', size, ...(evidence !== undefined && { evidence }) };
    }
    if (size === oldSize) return { kind: 'failed', reason: `it says that ${size} is not ${size}` };
    oldSize = size;
  }
  return { kind: 'failed', reason: `it named another size ${MAX_ROUNDS} times` };
}

/** The witness's own signature among the lines, verified. */
function cosignatureIn(lines: string, signed: string, key: NoteVerifier, nowS: number): Cosigning {
  try {
    const { text } = parseNote(signed);
    const [verified] = openNote(`${text}\n${lines}`, [key]).verified;
    const timestamp = verified?.timestamp;
    if (verified === undefined || timestamp === undefined)
      return { kind: 'failed', reason: 'it answers with a signature that is no cosignature' };
    if (timestamp === 0) return { kind: 'failed', reason: 'its cosignature does not say when it was made' };
    if (timestamp > nowS + MAX_AHEAD_S) {
      const when = new Date(Math.min(timestamp * 1000, 8.64e15)).toISOString();
      return { kind: 'failed', reason: `its cosignature is of ${when}, which is in the future` };
    }
    return { kind: 'cosigned', line: verified.line, timestamp };
  } catch (error) {
    if (error instanceof NoteError) return { kind: 'failed', reason: `its cosignature: ${error.message}` };
    throw error;
  }
}

/** The checkpoint that the witness shows, if it is the log's own and no part of this history. */
async function evidenceOf(
  url: string,
  { checkpoint, logKeys, rootAt }: WitnessedLog,
  signal: AbortSignal,
): Promise<string | undefined> {
  const { origin } = checkpoint;
  const shown = await latestCheckpoint(url, sha256(Buffer.from(origin)).toString('hex'), signal);
  if (shown === undefined) return undefined;
  try {
    const { checkpoint: seen, text, logSignatures } = openCheckpoint(shown, { logKeys, origin });
    const isAhead = seen.size > checkpoint.size;
    if (!isAhead && (await rootAt(seen.size)).equals(seen.root)) return undefined;
    // What else the witness shows under it proves nothing.
    return `${text}\n${logSignatures.map(({ line }) => line).join('')}`;
  } catch (error) {
    if (error instanceof NoteError) return undefined;
    throw error;
  }
}

/** The checkpoint of a signed note, nothing verified. */
export const checkpointIn = (signed: string): Checkpoint => parseCheckpoint(parseNote(signed).text);
