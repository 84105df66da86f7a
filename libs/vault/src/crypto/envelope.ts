import { createCipheriv, createDecipheriv, randomFillSync, type KeyObject } from 'node:crypto';

const VERSION = 0x01;
const VERSION_BYTE = Buffer.of(VERSION);
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Bytes that an envelope adds to its plaintext: version, nonce and tag. */
export const ENVELOPE_OVERHEAD = 1 + NONCE_BYTES + TAG_BYTES;

// Asking the system for random bytes costs more than the sealing, so they are fetched for many nonces at once.
const nonces = Buffer.alloc(NONCE_BYTES * 256);
let used = nonces.length;

/** Random bytes that nobody else gets: never handed out twice, and gone from the pool once it is filled anew. */
function nextNonce(): Buffer {
  if (used === nonces.length) {
    randomFillSync(nonces);
    used = 0;
  }
  used += NONCE_BYTES;
  return nonces.subarray(used - NONCE_BYTES, used);
}

/**
 * Seals bytes with AES-256-GCM (NIST SP 800-38D) as `version ‖ nonce ‖ ciphertext ‖ tag`.
 * `binding` is authenticated but not stored: whoever opens the envelope has to know where it belongs.
 */
export function sealEnvelope(key: KeyObject, plaintext: Buffer, binding: Buffer): Buffer {
  const nonce = nextNonce();
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(binding);
  const ciphertext = cipher.update(plaintext);
  cipher.final();
  return Buffer.concat([VERSION_BYTE, nonce, ciphertext, cipher.getAuthTag()]);
}

/** Opens an envelope. Throws when the key, the binding or a single bit differs. */
export function openEnvelope(key: KeyObject, envelope: Uint8Array, binding: Buffer): Buffer {
  if (envelope.length < ENVELOPE_OVERHEAD || envelope[0] !== VERSION) {
    throw new Error(`This is no envelope of version ${VERSION}.`);
  }
  const nonce = envelope.subarray(1, 1 + NONCE_BYTES);
  const tagStart = envelope.length - TAG_BYTES;
  const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(binding);
  decipher.setAuthTag(envelope.subarray(tagStart));
  const plaintext = decipher.update(envelope.subarray(1 + NONCE_BYTES, tagStart));
  try {
    // GCM is a stream: everything has come out already, and the last step only checks the tag.
    decipher.final();
    return plaintext;
  } catch (cause) {
    throw new Error('The envelope does not open: other key, other place, or altered bytes.', { cause });
  }
}
