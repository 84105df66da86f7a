import { createPrivateKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { cosigner, SIGNATURE_TYPES } from '../note/key.js';
import { decodeBase64, malformed } from '../note/text.js';

const PREFIX = 'PRIVATE+KEY';
const SEED_BYTES = 32;
/** PKCS #8 around an Ed25519 seed (RFC 8410, 7). */
const PKCS8 = Buffer.from('302e020100300506032b657004220420', 'hex');

/** A witness's name and key. */
export interface WitnessKey {
  readonly name: string;
  readonly privateKey: KeyObject;
  readonly vkey: string;
}

/** A new key under a name, such as `witness.example/w1`. @throws NoteError for a bad name. */
export function generateWitnessKey(name: string): WitnessKey {
  return witnessKey(name, generateKeyPairSync('ed25519').privateKey);
}

/** `PRIVATE+KEY+<name>+<id>+<base64 of type and seed>`, as Go's note package writes private keys. */
export function formatWitnessKey({ name, privateKey, vkey }: WitnessKey): string {
  const { d = '' } = privateKey.export({ format: 'jwk' });
  const material = Buffer.concat([Buffer.of(SIGNATURE_TYPES.cosignature), Buffer.from(d, 'base64url')]);
  return `${PREFIX}+${name}+${vkey.split('+')[1]}+${material.toString('base64')}\n`;
}

/** Reads what {@link formatWitnessKey} writes. @throws NoteError malformed; it never repeats the key. */
export function parseWitnessKey(text: string): WitnessKey {
  const [, name = '', id, base64 = ''] =
    /^PRIVATE\+KEY\+([^+]+)\+([0-9a-f]{8})\+(.+)$/.exec(text.trim()) ?? [];
  const material = decodeBase64(base64);
  if (material?.length !== 1 + SEED_BYTES || material[0] !== SIGNATURE_TYPES.cosignature) {
    return malformed('The file does not hold the private key of a witness (cosignature/v1)');
  }
  const der = Buffer.concat([PKCS8, material.subarray(1)]);
  const key = witnessKey(name, createPrivateKey({ key: der, format: 'der', type: 'pkcs8' }));
  return key.vkey.split('+')[1] === id ? key : malformed(`The key id does not belong to the key ${name}`);
}

function witnessKey(name: string, privateKey: KeyObject): WitnessKey {
  return { name, privateKey, vkey: cosigner(name, privateKey, () => 0).vkey };
}
