import { v7 } from 'uuid';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const PATTERN = /^[a-z]{2,8}_[0-7][0-9a-hjkmnp-tv-z]{25}$/;

/**
 * A new time-ordered identifier: `prefix_` and 26 base32 characters of a UUIDv7.
 * Ids made later sort after ids made earlier (to the millisecond, and within one process beyond it).
 * Follows the TypeID specification 0.3 and RFC 9562 section 5.7.
 */
export function newId(prefix: string): string {
  const bytes = v7(undefined, new Uint8Array(16));
  // 128 bits are 26 characters of 5 bits with two zero bits in front.
  let suffix = '';
  let bits = 2;
  let value = 0;
  for (const byte of bytes) {
    value = (value << 8) | byte;
    bits += 8;
    while (bits >= 5) {
      bits -= 5;
      suffix += ALPHABET[(value >>> bits) & 31];
    }
    value &= (1 << bits) - 1;
  }
  return `${prefix}_${suffix}`;
}

/** Whether `value` is an id as {@link newId} makes it, with this prefix when one is given. */
export function isId(value: unknown, prefix?: string): value is string {
  if (typeof value !== 'string' || !PATTERN.test(value)) return false;
  return prefix === undefined || value.startsWith(`${prefix}_`);
}
