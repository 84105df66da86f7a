import { createHash, createPrivateKey, generateKeyPairSync, randomBytes } from 'node:crypto';
import { z } from 'zod';

const symmetricKey = z.string().regex(/^[A-Za-z0-9_-]{43}$/, 'must be 32 bytes in base64url (43 characters)');

const rsaPrivateJwk = z.object({
  kty: z.literal('RSA'),
  n: z.string().min(342, 'must have at least 2048 bits'),
  e: z.string(),
  d: z.string(),
  p: z.string(),
  q: z.string(),
  dp: z.string(),
  dq: z.string(),
  qi: z.string(),
});

const okpPrivateJwk = z.object({
  kty: z.literal('OKP'),
  crv: z.literal('Ed25519'),
  x: z.string(),
  d: z.string(),
});

function distinct<T>(name: string, idOf: (item: T) => unknown) {
  return [
    (items: T[]) => new Set(items.map(idOf)).size === items.length,
    `two keys have the same ${name}`,
  ] as const;
}

const keyEncryptionKey = z.object({ epoch: z.number().int().min(1), key: symmetricKey });
const blindIndexKey = z.object({ version: z.number().int().min(1), key: symmetricKey });
const signingKey = z.object({
  kid: z.string().min(1),
  algorithm: z.literal('RS256'),
  privateKey: rsaPrivateJwk,
});
const logKey = z.object({ name: z.string().min(1).optional(), privateKey: okpPrivateJwk });

/** The keyring as it lies in `KEYRING`, in `KEYRING_FILE` or in the development file. */
export const keyringSchema = z.strictObject({
  format: z.literal('steward-keyring-1'),
  /** Present on a keyring that the server made up by itself; production refuses it. */
  development: z.boolean().default(false),
  /** Wrap the subject keys. The highest epoch wraps new ones; older ones stay until all are rewrapped. */
  keyEncryptionKeys: z
    .array(keyEncryptionKey)
    .min(1)
    .refine(...distinct<z.infer<typeof keyEncryptionKey>>('epoch', (key) => key.epoch)),
  /** While there are two versions, both are written; lookups accept either. */
  blindIndexKeys: z
    .array(blindIndexKey)
    .min(1)
    .refine(...distinct<z.infer<typeof blindIndexKey>>('version', (key) => key.version)),
  /** Authenticate links in mails. The first makes new ones, all are accepted. */
  macKeys: z.array(symmetricKey).min(1),
  /** Sign access tokens. The first signs, all verify. */
  signingKeys: z
    .array(signingKey)
    .min(1)
    .refine(...distinct<z.infer<typeof signingKey>>('kid', (key) => key.kid)),
  /** Ed25519 keys of the transparency log. Each signs every checkpoint. */
  logKeys: z.array(logKey).default([]),
});

export type KeyringMaterial = z.infer<typeof keyringSchema>;

/**
 * Parses a keyring. Throws an error that names the fields at fault and never repeats key material.
 */
export function parseKeyring(json: string): KeyringMaterial {
  let value: unknown;
  try {
    value = JSON.parse(json);
  } catch {
    throw new Error('The keyring is not valid JSON.');
  }
  const result = keyringSchema.safeParse(value);
  if (result.success) return result.data;
  const faults = result.error.issues.map((issue) => `${issue.path.join('.') || 'keyring'}: ${issue.message}`);
  throw new Error(`The keyring is not valid: ${faults.join('; ')}.`);
}

/** Makes a complete new keyring out of fresh randomness. */
export function generateKeyring(options: { development?: boolean } = {}): KeyringMaterial {
  return {
    format: 'steward-keyring-1',
    development: options.development ?? false,
    keyEncryptionKeys: [{ epoch: 1, key: newSymmetricKey() }],
    blindIndexKeys: [{ version: 1, key: newSymmetricKey() }],
    macKeys: [newSymmetricKey()],
    signingKeys: [newSigningKey()],
    logKeys: [newLogKey()],
  };
}

/** The keyring with another key of the log, which signs from now on; those before it sign as well until they are dropped. */
export function withNewLogKey(keyring: KeyringMaterial): KeyringMaterial {
  return { ...keyring, logKeys: [newLogKey(), ...keyring.logKeys] };
}

/** The keyring without the keys of the log before the newest. */
export function withNewestLogKeyOnly(keyring: KeyringMaterial): KeyringMaterial {
  return { ...keyring, logKeys: keyring.logKeys.slice(0, 1) };
}

function newSymmetricKey(): string {
  return randomBytes(32).toString('base64url');
}

const publicKeyEncoding = { type: 'spki', format: 'pem' } as const;
const privateKeyEncoding = { type: 'pkcs8', format: 'pem' } as const;

/** Node 20 can lock itself out, for ever, while it exports the very key object that it has just generated. */
const jwkOf = (pem: string) => createPrivateKey(pem).export({ format: 'jwk' });

function newSigningKey(): KeyringMaterial['signingKeys'][number] {
  const { privateKey } = generateKeyPairSync('rsa', {
    modulusLength: 2048,
    publicKeyEncoding,
    privateKeyEncoding,
  });
  const jwk = rsaPrivateJwk.parse(jwkOf(privateKey));
  return {
    kid: thumbprint({ e: jwk.e, kty: jwk.kty, n: jwk.n }),
    // Every request verifies a token, and RSA verifies in a third of the time that P-256 takes.
    algorithm: 'RS256',
    privateKey: jwk,
  };
}

function newLogKey(): KeyringMaterial['logKeys'][number] {
  const { privateKey } = generateKeyPairSync('ed25519', { publicKeyEncoding, privateKeyEncoding });
  return { privateKey: okpPrivateJwk.parse(jwkOf(privateKey)) };
}

/** RFC 7638: the required members in lexicographic order, hashed. */
function thumbprint(members: Record<string, string>): string {
  return createHash('sha256').update(JSON.stringify(members)).digest('base64url');
}
