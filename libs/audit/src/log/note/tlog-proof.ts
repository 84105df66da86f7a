import { hashLeaf } from '../tree/hash.js';
import { MAX_PROOF_HASHES, verifyInclusion } from '../tree/proof.js';
import { openCheckpoint, type OpenCheckpoint, type TrustedKeys } from './checkpoint.js';
import { shortOfWitnesses } from './quorum.js';
import { decodeBase64, decodeDecimal, decodeHash, decodeText, malformed, NoteError } from './text.js';

const HEADER = 'c2sp.org/tlog-proof@v1';

/** All that is needed, beside the leaf and the log's key, to check offline that the leaf is in the log. */
export interface TlogProof {
  readonly index: number;
  /** The inclusion proof, from the leaf's sibling upwards. */
  readonly hashes: readonly Buffer[];
  /** The signed checkpoint, byte for byte. */
  readonly checkpoint: string;
  /** Opaque data that nothing vouches for; our proofs have none. */
  readonly extra?: Buffer;
}

/** Whether a proof holds, and if not, why, in words. */
export type ProofVerdict =
  | ({ readonly valid: true; readonly index: number } & OpenCheckpoint)
  | { readonly valid: false; readonly reason: string };

/** What to verify, and whom to believe. */
export interface ProofClaim extends TrustedKeys {
  /** The leaf's data, as it was logged. */
  readonly leaf: Uint8Array;
  /** The proof's text. */
  readonly proof: string | Uint8Array;
  /** How many witnesses, told apart by name, must have cosigned the checkpoint; 0 unless told otherwise. */
  readonly quorum?: number;
}

/** The text of a proof (C2SP tlog-proof). */
export function formatTlogProof({ index, hashes, checkpoint, extra }: TlogProof): string {
  const lines = [
    HEADER,
    ...(extra === undefined ? [] : [`extra ${extra.toString('base64')}`]),
    `index ${index}`,
    ...hashes.map((hash) => hash.toString('base64')),
  ];
  return `${lines.join('\n')}\n\n${checkpoint}`;
}

/** Reads the text of a proof; its checkpoint is not looked at. @throws NoteError malformed. */
export function parseTlogProof(proof: string | Uint8Array): TlogProof {
  const text = decodeText(proof, 'proof');
  const split = text.indexOf('\n\n');
  if (split < 0) return malformed('The proof has no empty line before its checkpoint');
  const [header, ...lines] = text.slice(0, split).split('\n');
  if (header !== HEADER) return malformed(`The proof does not begin with ${HEADER}`);
  const extra = lines[0]?.startsWith('extra ') ? decodeExtra(lines.shift()) : undefined;
  const [label, index = '', ...rest] = lines.shift()?.split(' ') ?? [];
  if (label !== 'index' || rest.length > 0) return malformed('The proof does not say the index of its leaf');
  if (lines.length > MAX_PROOF_HASHES) {
    return malformed(`The proof has more than ${MAX_PROOF_HASHES} hashes`);
  }
  return {
    index: decodeDecimal(index, 'index'),
    hashes: lines.map((line) => decodeHash(line, 'proof')),
    checkpoint: text.slice(split + 2),
    ...(extra !== undefined && { extra }),
  };
}

/** Checks a proof from end to end: the log's signature, the witnesses' signatures, and the path from the leaf to the root. */
export function verifyTlogProof({ leaf, proof, quorum = 0, ...trusted }: ProofClaim): ProofVerdict {
  try {
    const { index, hashes, checkpoint: signed } = parseTlogProof(proof);
    const opened = openCheckpoint(signed, trusted);
    const { size, root } = opened.checkpoint;
    const short = shortOfWitnesses(opened.cosignatures, trusted.witnessKeys ?? [], quorum);
    if (short !== undefined) return { valid: false, reason: short };
    if (index >= size) return { valid: false, reason: `The log of ${size} leaves has no leaf ${index}` };
    if (!verifyInclusion({ index, size, root, leafHash: hashLeaf(leaf), proof: hashes })) {
      return { valid: false, reason: `The leaf is not what the log has at index ${index}` };
    }
    return { valid: true, index, ...opened };
  } catch (error) {
    if (error instanceof NoteError) return { valid: false, reason: error.message };
    throw error;
  }
}

function decodeExtra(line = ''): Buffer {
  return decodeBase64(line.slice('extra '.length)) ?? malformed('The extra data is not base64');
}
