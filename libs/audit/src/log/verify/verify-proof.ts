import type { NoteVerifier } from '../note/key.js';
import { decodeBase64 } from '../note/text.js';
import { parseTlogProof, type ProofVerdict, verifyTlogProof } from '../note/tlog-proof.js';
import { parseCheckpoint } from '../note/checkpoint.js';
import { parseNote } from '../note/note.js';
import { keysOf } from './trust.js';

/** A leaf's data, and the text of its proof. */
export interface LeafProof {
  readonly leaf: Uint8Array;
  readonly proof: string;
}

/**
 * Reads a proof and its leaf: the proof as text (C2SP tlog-proof) beside the leaf's data, as it is or in base64; or both in
 * one JSON answer of `GET /v1/admin/audit/entries/{id}/proof`. @throws Error when the leaf is missing.
 */
export function readProof(proof: string, leaf: Buffer | undefined): LeafProof {
  if (proof.trimStart().startsWith('{')) {
    const answer = JSON.parse(proof) as { leaf?: unknown; proof?: unknown };
    const own = typeof answer.leaf === 'string' ? decodeBase64(answer.leaf) : undefined;
    if (own !== undefined && typeof answer.proof === 'string')
      return { leaf: leaf ?? own, proof: answer.proof };
  }
  if (leaf === undefined) throw new Error('A proof is of a leaf: give its data with --leaf');
  return { leaf: decodeBase64(leaf.toString().trim()) ?? leaf, proof };
}

/** Checks a proof; a log that continues another after a restore is known by the other's key. @throws NoteError malformed. */
export function verifyProof(
  { leaf, proof }: LeafProof,
  keys: readonly NoteVerifier[],
  witnessKeys: readonly NoteVerifier[] = [],
  quorum = 0,
): ProofVerdict {
  const { origin } = parseCheckpoint(parseNote(parseTlogProof(proof).checkpoint).text);
  return verifyTlogProof({ leaf, proof, logKeys: keysOf(origin, keys), witnessKeys, quorum });
}
