import { createCipheriv, createDecipheriv, randomBytes, type KeyObject } from 'node:crypto';

const VERSION = 0x01;
const NONCE_BYTES = 12;
const TAG_BYTES = 16;

/** Bytes that an envelope adds to its plaintext: version, nonce and tag. */
export const ENVELOPE_OVERHEAD = 1 + NONCE_BYTES + TAG_BYTES;

/**
 * Seals bytes with AES-256-GCM (NIST SP 800-38D) as `version ‖ nonce ‖ ciphertext ‖ tag`.
 * `binding` is authenticated but not stored: whoever opens the envelope has to know where it belongs.
 */
export function sealEnvelope(key: KeyObject, plaintext: Buffer, binding: Buffer): Buffer {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: TAG_BYTES });
  cipher.setAAD(binding);
  const ciphertext = cipher.update(plaintext);
  return Buffer.concat([Buffer.of(VERSION), nonce, ciphertext, cipher.final(), cipher.getAuthTag()]);
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
    return Buffer.concat([plaintext, decipher.final()]);
  } catch (cause) {
    throw new Error('The envelope does not open: other key, other place, or altered bytes.', { cause });
  }
}
