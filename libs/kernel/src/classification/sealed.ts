import { inspect } from 'node:util';

const MASK = '[sealed]';

/**
 * A personal value at rest: ciphertext that only the vault can open. Serialising or logging it shows `[sealed]`.
 * `T` is the type of the plaintext.
 */
export class Sealed<T> {
  /** Carries the plaintext's type; never set. */
  declare readonly plaintext?: T;

  constructor(readonly bytes: Buffer) {}

  toJSON(): string {
    return MASK;
  }

  toString(): string {
    return MASK;
  }

  [inspect.custom](): string {
    return MASK;
  }
}
