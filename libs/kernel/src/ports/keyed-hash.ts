/** Hashes under a key that lives outside the database, so that what was hashed cannot be guessed from it. Implemented by the vault. */
export abstract class KeyedHash {
  /** HMAC-SHA-256 under a key of this purpose alone. */
  abstract hmac(purpose: string, data: string): Buffer;
}
