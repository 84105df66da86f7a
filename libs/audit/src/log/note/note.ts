import { decodeCosignature } from './cosignature.js';
import { isKeyName, type NoteSigner, type NoteVerifier } from './key.js';
import { decodeBase64, decodeText, malformed, NoteError } from './text.js';

const SIGNATURE_PREFIX = '— ';
const KEY_ID_BYTES = 4;

/** More signatures than this in one note are refused; the standard asks for at least 16. */
export const MAX_SIGNATURES = 100;

/** Longer notes are refused before they are read. */
export const MAX_NOTE_BYTES = 1_000_000;

/** One signature line of a note, which may be of anybody. */
export interface NoteSignature {
  readonly name: string;
  readonly keyId: string;
  readonly signature: Buffer;
  /** The line as it stands in the note, with its newline. */
  readonly line: string;
}

/** A signature that was verified with a known key. */
export interface VerifiedSignature extends NoteSignature {
  readonly key: NoteVerifier;
  /** When a witness says that it saw the checkpoint, in seconds since 1970; undefined for other signatures. */
  readonly timestamp?: number;
}

/** A note taken apart, nothing verified. */
export interface Note {
  /** What is signed, with its final newline. */
  readonly text: string;
  readonly signatures: readonly NoteSignature[];
}

/** A note that at least one known key signed. */
export interface OpenNote {
  readonly text: string;
  /** At most one for each known key: its last. */
  readonly verified: readonly VerifiedSignature[];
  /** Signatures of keys that are not known, which prove nothing. */
  readonly unknown: readonly NoteSignature[];
}

/** Takes a signed note apart without verifying it (C2SP signed-note). @throws NoteError malformed. */
export function parseNote(signed: string | Uint8Array): Note {
  if (signed.length > MAX_NOTE_BYTES) malformed(`The note is longer than ${MAX_NOTE_BYTES} bytes`);
  const note = decodeText(signed, 'note');
  const split = note.lastIndexOf('\n\n');
  if (split < 0) return malformed('The note has no signatures: no empty line');
  const block = note.slice(split + 2);
  return { text: note.slice(0, split + 1), signatures: parseSignatures(block) };
}

/** Reads signature lines, each ending in a newline: a note's, or a witness's answer. @throws NoteError malformed. */
export function parseSignatures(block: string | Uint8Array): NoteSignature[] {
  const text = decodeText(block, 'note');
  if (!text.endsWith('\n')) return malformed('The note does not end in a signature line and a newline');
  const lines = text.slice(0, -1).split('\n');
  if (lines.length > MAX_SIGNATURES) malformed(`The note has more than ${MAX_SIGNATURES} signatures`);
  return lines.map(parseSignature);
}

/**
 * Verifies a note: each signature of a known key must be right, and there must be one. Signatures of unknown keys are ignored.
 * @throws NoteError malformed, unsigned or bad-signature.
 */
export function openNote(signed: string | Uint8Array, known: readonly NoteVerifier[]): OpenNote {
  const { text, signatures } = parseNote(signed);
  const verified = new Map<string, VerifiedSignature>();
  const unknown: NoteSignature[] = [];
  for (const signature of signatures) {
    const keys = known.filter(({ name, id }) => name === signature.name && id === signature.keyId);
    if (keys.length === 0) {
      unknown.push(signature);
      continue;
    }
    const key = keys.find((candidate) => candidate.verify(text, signature.signature));
    if (key === undefined) {
      throw new NoteError('bad-signature', `The signature of ${keyText(signature)} is wrong`);
    }
    const timestamp =
      key.kind === 'cosignature' ? decodeCosignature(signature.signature)?.timestamp : undefined;
    verified.set(key.vkey, { ...signature, key, ...(timestamp !== undefined && { timestamp }) });
  }
  if (verified.size === 0) {
    const signers = signatures.map(keyText).join(', ');
    throw new NoteError('unsigned', `No trusted key signed the note; it has signatures of ${signers}`);
  }
  return { text, verified: [...verified.values()], unknown };
}

/** One signature line, with its newline. @throws NoteError when the text cannot be signed. */
export function signatureLine(text: string, signer: NoteSigner): string {
  assertSignable(text);
  const bytes = Buffer.concat([Buffer.from(signer.id, 'hex'), signer.sign(text)]);
  return `${SIGNATURE_PREFIX}${signer.name} ${bytes.toString('base64')}\n`;
}

/** The note of a text and the signatures of one or more keys, in their order. @throws NoteError when it cannot be signed. */
export function signNote(text: string, signers: readonly NoteSigner[]): string {
  if (signers.length === 0) throw new NoteError('unsigned', 'A note needs a signature');
  return `${text}\n${signers.map((signer) => signatureLine(text, signer)).join('')}`;
}

/** The note with further signature lines at its end; of two with the same name and key id the later stays. */
export function addSignatures(signed: string, lines: readonly string[]): string {
  const { text, signatures } = parseNote(signed);
  const all = [...signatures, ...lines.flatMap((line) => parseSignatures(line))];
  const byKey = new Map(all.map((signature) => [keyText(signature), signature.line]));
  return `${text}\n${[...byKey.values()].join('')}`;
}

function parseSignature(line: string): NoteSignature {
  const [prefix, name = '', base64 = '', ...rest] = line.split(' ');
  const bytes = decodeBase64(base64);
  if (`${prefix} ` !== SIGNATURE_PREFIX || rest.length > 0 || !isKeyName(name)) {
    return malformed('A signature line is not "— <key name> <base64>"');
  }
  if (bytes === undefined || bytes.length <= KEY_ID_BYTES) {
    return malformed(`The signature of ${name} is not a key id and a signature in base64`);
  }
  const keyId = bytes.toString('hex', 0, KEY_ID_BYTES);
  return { name, keyId, signature: bytes.subarray(KEY_ID_BYTES), line: `${line}\n` };
}

function assertSignable(text: string): void {
  if (!text.endsWith('\n')) malformed('The text of a note ends in a newline');
  decodeText(text, 'text of the note');
}

const keyText = ({ name, keyId }: NoteSignature) => `${name}+${keyId}`;
