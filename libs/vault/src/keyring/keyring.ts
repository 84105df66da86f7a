import {
  createHmac,
  createPrivateKey,
  createPublicKey,
  createSecretKey,
  hkdfSync,
  type KeyObject,
} from 'node:crypto';
import type { KeyedHash } from '#kernel';
import type { KeyringMaterial } from './keyring-material.js';

/** A key that signs access tokens (JWT). */
export interface SigningKey {
  readonly kid: string;
  readonly algorithm: 'RS256';
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** An Ed25519 key of the transparency log. */
export interface LogKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

export interface EpochKey {
  readonly epoch: number;
  readonly key: KeyObject;
}

export interface BlindIndexKey {
  readonly version: number;
  readonly key: KeyObject;
}

/**
 * All keys that live outside the database. They are held as key objects, so that neither a log line
 * nor an inspector shows their bytes.
 */
export class Keyring implements KeyedHash {
  /** True when the server made these keys up by itself. */
  readonly isDevelopment: boolean;
  readonly #epochs: ReadonlyMap<number, EpochKey>;
  readonly #currentEpoch: EpochKey;
  readonly #blindIndexKeys: readonly BlindIndexKey[];
  readonly #macKeys: readonly KeyObject[];
  readonly #signingKeys: readonly SigningKey[];
  readonly #logKeys: readonly LogKey[];
  readonly #derivedMacKeys = new Map<string, readonly KeyObject[]>();

  constructor(material: KeyringMaterial) {
    this.isDevelopment = material.development;
    const epochs = material.keyEncryptionKeys.map(({ epoch, key }) => ({ epoch, key: secretKey(key) }));
    this.#epochs = new Map(epochs.map((epoch) => [epoch.epoch, epoch]));
    this.#currentEpoch = epochs.reduce((newest, epoch) => (epoch.epoch > newest.epoch ? epoch : newest));
    this.#blindIndexKeys = material.blindIndexKeys
      .map(({ version, key }) => ({ version, key: secretKey(key) }))
      .sort((left, right) => right.version - left.version);
    this.#macKeys = material.macKeys.map(secretKey);
    this.#signingKeys = material.signingKeys.map(({ kid, algorithm, privateKey }) => ({
      kid,
      algorithm,
      ...keyPair(privateKey),
    }));
    this.#logKeys = material.logKeys.map(({ privateKey }) => keyPair(privateKey));
  }

  /** The key-encryption key that wraps new subject keys. */
  get currentEpoch(): EpochKey {
    return this.#currentEpoch;
  }

  /** The key-encryption key of an epoch. Throws when it has been retired from the keyring. */
  epoch(epoch: number): EpochKey {
    const key = this.#epochs.get(epoch);
    if (!key) throw new Error(`The keyring holds no key-encryption key for epoch ${epoch}.`);
    return key;
  }

  /** Newest version first. More than one while keys turn. */
  blindIndexKeys(): readonly BlindIndexKey[] {
    return this.#blindIndexKeys;
  }

  /** The current one first; the rest only verify. */
  signingKeys(): readonly SigningKey[] {
    return this.#signingKeys;
  }

  /** The current one first. */
  logKeys(): readonly LogKey[] {
    return this.#logKeys;
  }

  /** HMAC-SHA-256 under a key derived for this purpose alone. */
  hmac(purpose: string, data: string): Buffer {
    const [current] = this.hmacs(purpose, data);
    if (!current) throw new Error('The keyring holds no MAC key.');
    return current;
  }

  /** The same under every MAC key of the ring, the current one first: what a verifier accepts. */
  hmacs(purpose: string, data: string): Buffer[] {
    return this.macKeysFor(purpose).map((key) => createHmac('sha256', key).update(data).digest());
  }

  private macKeysFor(purpose: string): readonly KeyObject[] {
    let keys = this.#derivedMacKeys.get(purpose);
    if (!keys) {
      keys = this.#macKeys.map((key) =>
        createSecretKey(Buffer.from(hkdfSync('sha256', key, Buffer.alloc(0), `steward.mac.${purpose}`, 32))),
      );
      this.#derivedMacKeys.set(purpose, keys);
    }
    return keys;
  }
}

function secretKey(base64url: string): KeyObject {
  return createSecretKey(Buffer.from(base64url, 'base64url'));
}

function keyPair(jwk: Record<string, string>): { privateKey: KeyObject; publicKey: KeyObject } {
  const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
  return { privateKey, publicKey: createPublicKey(privateKey) };
}
