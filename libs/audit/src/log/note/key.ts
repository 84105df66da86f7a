import { createPublicKey, type KeyObject, sign, verify } from 'node:crypto';
import { sha256 } from '../tree/hash.js';
import { cosignedMessage, decodeCosignature, encodeCosignature } from './cosignature.js';
import { decodeBase64, malformed } from './text.js';

/** The first byte of a verifier key's material says what its signatures are (C2SP signed-note). */
export const SIGNATURE_TYPES = { ed25519: 0x01, cosignature: 0x04 } as const;

/** `ed25519` signs a note's text; `cosignature` is a witness's timestamped signature of a checkpoint. */
export type SignatureKind = keyof typeof SIGNATURE_TYPES;

const ED25519_BYTES = { publicKey: 32, signature: 64 };

/** What identifies a key in a signature line. */
export interface NoteKey {
  readonly name: string;
  /** Four bytes as eight lower-case hexadecimal digits. */
  readonly id: string;
  readonly kind: SignatureKind;
  /** `<name>+<id>+<base64 of type and public key>`: what others verify with. */
  readonly vkey: string;
}

/** Checks signatures of one key. */
export interface NoteVerifier extends NoteKey {
  /** Whether the signature (without the key id before it) is this key's on the note's text. */
  verify(text: string, signature: Uint8Array): boolean;
}

/** Makes signatures of one key. */
export interface NoteSigner extends NoteKey {
  /** The signature of the note's text, without the key id before it. */
  sign(text: string): Buffer;
}

/** Whether a key may be called so: not empty, no Unicode space, no plus, no control character. */
export function isKeyName(name: string): boolean {
  return name !== '' && !/[\p{White_Space}\p{Cs}+]|[^\P{Cc}\u007f-\u009f]/u.test(name);
}

/** Reads a verifier key of type Ed25519 (0x01) or cosignature/v1 (0x04). @throws NoteError malformed. */
export function parseVkey(vkey: string): NoteVerifier {
  const [, name = '', id = '', material = ''] = /^([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(vkey) ?? [];
  const bytes = decodeBase64(material);
  if (!isKeyName(name) || bytes === undefined) {
    return malformed(`${JSON.stringify(vkey)} is not a verifier key: <name>+<key id>+<base64>`);
  }
  const kind = kindOf(bytes[0]);
  if (kind === undefined || bytes.length !== 1 + ED25519_BYTES.publicKey) {
    return malformed(`The key ${name} is neither an Ed25519 key (type 1) nor a cosignature/v1 key (type 4)`);
  }
  const publicKey = createPublicKey({
    key: { kty: 'OKP', crv: 'Ed25519', x: bytes.subarray(1).toString('base64url') },
    format: 'jwk',
  });
  const verifier = noteVerifier(name, publicKey, kind);
  if (verifier.id !== id) return malformed(`The key id ${id} does not belong to the key ${name}`);
  return verifier;
}

/** The verifier of an Ed25519 public key under a name. @throws NoteError for a bad name, TypeError for another key. */
export function noteVerifier(
  name: string,
  publicKey: KeyObject,
  kind: SignatureKind = 'ed25519',
): NoteVerifier {
  return {
    ...noteKey(name, publicKey, kind),
    verify: (text, signature) => {
      if (kind === 'ed25519') return verifyEd25519(Buffer.from(text), publicKey, signature);
      const cosignature = decodeCosignature(signature);
      if (cosignature === undefined) return false;
      const { timestamp, ed25519 } = cosignature;
      return verifyEd25519(cosignedMessage(text, timestamp), publicKey, ed25519);
    },
  };
}

/** The signer of a log's Ed25519 private key under a name. @throws NoteError for a bad name, TypeError for another key. */
export function noteSigner(name: string, privateKey: KeyObject): NoteSigner {
  return {
    ...noteKey(name, createPublicKey(privateKey), 'ed25519'),
    sign: (text) => sign(null, Buffer.from(text), privateKey),
  };
}

/**
 * The signer of a witness, which cosigns checkpoints (cosignature/v1). `now` gives seconds since 1970.
 * A witness's key must not serve under a second name or purpose.
 */
export function cosigner(name: string, privateKey: KeyObject, now: () => number): NoteSigner {
  return {
    ...noteKey(name, createPublicKey(privateKey), 'cosignature'),
    sign: (text) => {
      const timestamp = Math.floor(now());
      const ed25519 = sign(null, cosignedMessage(text, timestamp), privateKey);
      return encodeCosignature({ timestamp, ed25519 });
    },
  };
}

function noteKey(name: string, publicKey: KeyObject, kind: SignatureKind): NoteKey {
  if (!isKeyName(name)) malformed(`${JSON.stringify(name)} cannot be the name of a key`);
  if (publicKey.asymmetricKeyType !== 'ed25519') {
    throw new TypeError(`The key ${name} is not an Ed25519 key`);
  }
  const { x = '' } = publicKey.export({ format: 'jwk' });
  const material = Buffer.concat([Buffer.of(SIGNATURE_TYPES[kind]), Buffer.from(x, 'base64url')]);
  const id = sha256(Buffer.concat([Buffer.from(`${name}\n`), material])).toString('hex', 0, 4);
  return { name, id, kind, vkey: `${name}+${id}+${material.toString('base64')}` };
}

function kindOf(type: number | undefined): SignatureKind | undefined {
  if (type === SIGNATURE_TYPES.ed25519) return 'ed25519';
  return type === SIGNATURE_TYPES.cosignature ? 'cosignature' : undefined;
}

function verifyEd25519(message: Buffer, publicKey: KeyObject, signature: Uint8Array): boolean {
  return signature.length === ED25519_BYTES.signature && verify(null, message, publicKey, signature);
}
