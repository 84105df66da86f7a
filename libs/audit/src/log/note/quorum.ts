import type { NoteVerifier } from './key.js';
import type { VerifiedSignature } from './note.js';

/**
 * In words, who is missing when fewer witnesses than the quorum cosigned a checkpoint; undefined when enough did. Witnesses
 * are told apart by name, however many keys they sign with.
 */
export function shortOfWitnesses(
  cosignatures: readonly VerifiedSignature[],
  witnessKeys: readonly NoteVerifier[],
  quorum: number,
): string | undefined {
  const present = new Set(cosignatures.map(({ name }) => name));
  if (present.size >= quorum) return undefined;
  const missing = namesOf(witnessKeys).filter((name) => !present.has(name));
  const said = missing.length > 0 ? `; missing: ${missing.join(', ')}` : '';
  return `${present.size} known witnesses cosigned the checkpoint, not ${quorum}${said}`;
}

/** The names of these keys, each once. */
export const namesOf = (keys: readonly NoteVerifier[]): string[] => [
  ...new Set(keys.map(({ name }) => name)),
];
