import { assertSize } from '../tree/tile.js';
import { HASH_BYTES } from '../tree/hash.js';
import type { NoteSigner, NoteVerifier } from './key.js';
import { openNote, signNote, type VerifiedSignature } from './note.js';
import { decodeDecimal, decodeHash, decodeText, malformed, NoteError } from './text.js';

/** A tree head: all that a log says about itself at one time (C2SP tlog-checkpoint). */
export interface Checkpoint {
  /** The log's name. */
  readonly origin: string;
  /** The number of leaves. */
  readonly size: number;
  readonly root: Buffer;
  /** Opaque further lines; our logs have none. */
  readonly extensions?: readonly string[];
}

/** A checkpoint that its log signed. */
export interface OpenCheckpoint {
  readonly checkpoint: Checkpoint;
  /** The note's text, which witnesses sign. */
  readonly text: string;
  readonly logSignatures: readonly VerifiedSignature[];
  /** Those of known witnesses, each with its timestamp; one for each witness key. */
  readonly cosignatures: readonly VerifiedSignature[];
}

/** Whom to believe about a log. */
export interface TrustedKeys {
  /** The log's keys; more than one while a key is being replaced. One signature of them is enough. */
  readonly logKeys: readonly NoteVerifier[];
  readonly witnessKeys?: readonly NoteVerifier[];
  /** The origin that the checkpoint must have; without it, the name of the log key that signed. */
  readonly origin?: string;
}

/** The note text of a checkpoint. @throws NoteError when it has no such form. */
export function formatCheckpoint({ origin, size, root, extensions = [] }: Checkpoint): string {
  assertSize(size);
  if (root.length !== HASH_BYTES) malformed(`The root has ${root.length} bytes`);
  const lines = [origin, String(size), root.toString('base64'), ...extensions];
  if (lines.some((line) => line === '' || line.includes('\n'))) {
    malformed('The origin or an extension line is empty or has a newline');
  }
  return decodeText(`${lines.join('\n')}\n`, 'checkpoint');
}

/** Reads the note text of a checkpoint; extension lines are kept and mean nothing. @throws NoteError malformed. */
export function parseCheckpoint(text: string): Checkpoint {
  const lines = text.split('\n');
  const end = lines.pop();
  const [origin = '', size = '', root = '', ...extensions] = lines;
  if (end !== '' || lines.length < 3 || lines.includes('')) {
    return malformed('A checkpoint has at least three lines, none of them empty: origin, size and root');
  }
  return {
    origin,
    size: decodeDecimal(size, 'tree size'),
    root: decodeHash(root, 'root'),
    ...(extensions.length > 0 && { extensions }),
  };
}

/** A signed checkpoint. Each key's name should be the origin. */
export function signCheckpoint(checkpoint: Checkpoint, signers: readonly NoteSigner[]): string {
  return signNote(formatCheckpoint(checkpoint), signers);
}

/**
 * Verifies a signed checkpoint: a key of the log signed it, every signature of a known key is right, and the origin is the
 * expected one. Signatures of unknown keys are ignored. How many witnesses are enough is for the caller to say.
 * @throws NoteError malformed, unsigned or bad-signature.
 */
export function openCheckpoint(signed: string | Uint8Array, trusted: TrustedKeys): OpenCheckpoint {
  const { logKeys, witnessKeys = [], origin } = trusted;
  const { text, verified } = openNote(signed, [...logKeys, ...witnessKeys]);
  const checkpoint = parseCheckpoint(text);
  const logSignatures = verified.filter(
    ({ key }) => logKeys.includes(key) && (origin !== undefined || key.name === checkpoint.origin),
  );
  if (origin !== undefined && checkpoint.origin !== origin) {
    throw new NoteError('unsigned', `The checkpoint is of the log ${checkpoint.origin}, not ${origin}`);
  }
  if (logSignatures.length === 0) {
    throw new NoteError('unsigned', `No trusted key of the log ${checkpoint.origin} signed the checkpoint`);
  }
  return {
    checkpoint,
    text,
    logSignatures,
    cosignatures: verified.filter(({ key }) => witnessKeys.includes(key)),
  };
}
