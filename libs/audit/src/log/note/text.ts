import { OperatorError } from '#kernel';
import { HASH_BYTES } from '../tree/hash.js';

/**
 * Why a note or proof was refused: `malformed` says that its bytes are wrong, `unsigned` that no trusted key signed it,
 * `bad-signature` that a trusted key's signature is wrong.
 */
export type NoteFault = 'malformed' | 'unsigned' | 'bad-signature';

/** A signed note, checkpoint or proof that is not to be believed. The message says why, in words for an operator. */
export class NoteError extends OperatorError {
  override readonly name = 'NoteError';

  constructor(
    readonly fault: NoteFault,
    message: string,
  ) {
    super(message);
  }
}

/** Throws a `malformed` {@link NoteError}. */
export function malformed(message: string): never {
  throw new NoteError('malformed', message);
}

/** Text as it came, bytes decoded; malformed unless it is valid Unicode without control characters other than newline. */
export function decodeText(input: string | Uint8Array, what: string): string {
  const text = typeof input === 'string' ? input : decodeUtf8(input, what);
  // Control characters below U+0020 except newline; and a lone surrogate, which has no UTF-8 form.
  if (/[^\P{Cc}\n\u007f-\u009f]|\p{Cs}/u.test(text)) {
    return malformed(`The ${what} has a control character or is not valid Unicode`);
  }
  return text;
}

/** Bytes of standard base64 with padding (RFC 4648, 4); undefined unless it is the one encoding of its bytes. */
export function decodeBase64(text: string): Buffer | undefined {
  const bytes = Buffer.from(text, 'base64');
  return bytes.toString('base64') === text ? bytes : undefined;
}

/** One SHA-256 hash in base64; malformed otherwise. */
export function decodeHash(text: string, what: string): Buffer {
  const bytes = decodeBase64(text);
  return bytes?.length === HASH_BYTES ? bytes : malformed(`The ${what} is not a SHA-256 hash in base64`);
}

/** An ASCII decimal without superfluous zeroes, at most 2^53−1; malformed otherwise. */
export function decodeDecimal(text: string, what: string): number {
  const value = /^(0|[1-9]\d*)$/.test(text) ? Number(text) : NaN;
  return Number.isSafeInteger(value) ? value : malformed(`The ${what} is not a decimal up to 2^53−1`);
}

function decodeUtf8(bytes: Uint8Array, what: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return malformed(`The ${what} is not valid UTF-8`);
  }
}
