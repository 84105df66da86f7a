import { decodeDecimal, decodeHash, decodeText, malformed } from '../note/text.js';
import { MAX_PROOF_HASHES } from '../tree/proof.js';

/** Where a log tells a witness of a checkpoint, below the witness's address. */
export const ADD_CHECKPOINT = 'add-checkpoint';

/** The media type of an answer that says which size the witness knows. */
export const SIZE_TYPE = 'text/x.tlog.size';

/** What a log submits to a witness (C2SP tlog-witness). */
export interface AddCheckpoint {
  /** The size of the checkpoint that the witness cosigned last. */
  readonly oldSize: number;
  /** The consistency proof from that size. */
  readonly proof: readonly Uint8Array[];
  /** The signed checkpoint, byte for byte. */
  readonly checkpoint: string;
}

/** The body of a request. */
export function formatAddCheckpoint({ oldSize, proof, checkpoint }: AddCheckpoint): string {
  const hashes = proof.map((hash) => `${Buffer.from(hash).toString('base64')}\n`);
  return `old ${oldSize}\n${hashes.join('')}\n${checkpoint}`;
}

/** Reads the body of a request; its checkpoint is not looked at. @throws NoteError malformed. */
export function parseAddCheckpoint(body: string | Uint8Array): AddCheckpoint {
  const text = decodeText(body, 'request');
  const split = text.indexOf('\n\n');
  const [first = '', ...hashes] = text.slice(0, Math.max(split, 0)).split('\n');
  if (split < 0 || !first.startsWith('old ')) {
    return malformed('A request is a line "old <size>", hashes, an empty line and a checkpoint');
  }
  if (hashes.length > MAX_PROOF_HASHES) malformed(`The proof has more than ${MAX_PROOF_HASHES} hashes`);
  return {
    oldSize: decodeDecimal(first.slice('old '.length), 'old size'),
    proof: hashes.map((hash) => decodeHash(hash, 'hash of the proof')),
    checkpoint: text.slice(split + 2),
  };
}
