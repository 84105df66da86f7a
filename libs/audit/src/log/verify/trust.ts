import { createPublicKey } from 'node:crypto';
import { parseCheckpoint } from '../note/checkpoint.js';
import { type NoteVerifier, noteVerifier, parseVkey } from '../note/key.js';
import { openNote, parseNote } from '../note/note.js';
import { decodeBase64, NoteError } from '../note/text.js';
import { familyOf } from '../origin.js';
import type { Findings } from './findings.js';
import { type LogSource, SourceUnreadable } from './log-source.js';

/** What tells which of the keys that a log shows are to be believed. */
export interface SignedBefore {
  /** The newest checkpoint. */
  readonly signed: string;
  /** A checkpoint that was verified some time ago, with the signatures of those only who were trusted then. */
  readonly remembered: string | undefined;
  readonly findings: Findings;
}

/**
 * The keys to believe a log by: those given, else those that the log shows of itself. Of the latter, once a checkpoint is
 * remembered, only those that signed it, and those that sign beside one of them now: the operator may replace a key while
 * the old one signs beside the new one.
 */
export async function trustedKeys(
  source: LogSource,
  given: readonly NoteVerifier[],
  { signed, remembered, findings }: SignedBefore,
): Promise<readonly NoteVerifier[]> {
  if (given.length > 0) return given;
  const shown = parseVkeys((await source.key()) ?? '');
  if (shown.length === 0) {
    throw new SourceUnreadable(`${source.name} shows no key of its log: give it with --key`);
  }
  const names = shown.map(({ vkey }) => vkey).join(', ');
  if (remembered === undefined) {
    findings.note(
      `The key was taken from the log itself: ${names}. Compare it once with what its operator says elsewhere; then give it with --key.`,
    );
    return shown;
  }
  const known = shown.filter((key) => hasSigned(key, remembered));
  if (known.length === 0) {
    findings.add(
      'key_changed',
      `No key that the log shows (${names}) signed the checkpoint that you remember: its key was replaced without overlap, or this is not the log that you know`,
    );
    return shown;
  }
  if (!known.some((key) => hasSigned(key, signed))) return known;
  const joined = shown.filter((key) => !known.includes(key) && hasSigned(key, signed));
  for (const { vkey } of joined)
    findings.note(
      `The log shows a new key, which signs beside the one that you know: ${vkey}. It is trusted from now on; compare it with what the operator says elsewhere.`,
    );
  return [...known, ...joined];
}

/** Reads verifier keys, one a line. @throws NoteError malformed. */
export function parseVkeys(text: string): NoteVerifier[] {
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => parseVkey(line.trim()));
}

/**
 * The keys as they sign for a log with this origin: a log that continues another after a restore has the same keys and a
 * number after its name (`steward.example/2`), and a key is called as its log is.
 */
export function keysOf(origin: string, keys: readonly NoteVerifier[]): NoteVerifier[] {
  return keys.map((key) =>
    key.name !== origin && familyOf(key.name) === familyOf(origin) ? renamed(key, origin) : key,
  );
}

function renamed(key: NoteVerifier, name: string): NoteVerifier {
  const material = decodeBase64(key.vkey.slice(key.vkey.indexOf('+', key.name.length + 1) + 1));
  const x = material?.subarray(1).toString('base64url');
  const jwk = { kty: 'OKP', crv: 'Ed25519', x };
  return noteVerifier(name, createPublicKey({ key: jwk, format: 'jwk' }), key.kind);
}

function hasSigned(key: NoteVerifier, note: string): boolean {
  try {
    const { origin } = parseCheckpoint(parseNote(note).text);
    return openNote(note, keysOf(origin, [key])).verified.length > 0;
  } catch (error) {
    if (error instanceof NoteError) return false;
    throw error;
  }
}
