import { randomFillSync } from 'node:crypto';
import { v7 } from 'uuid';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const SUFFIX = '[0-7][0-9a-hjkmnp-tv-z]{25}';
const PATTERN = new RegExp(`^[a-z]{2,8}_${SUFFIX}$`);

// Asking the system for random bytes costs more than all the rest, so they are fetched for many ids at once.
const pool = new Uint8Array(16 * 256);
let used = pool.length;
let lastMs = 0;
let sequence = 0;

function randomBytes16(): Uint8Array {
  if (used === pool.length) {
    randomFillSync(pool);
    used = 0;
  }
  used += 16;
  return pool.subarray(used - 16, used);
}

/** The bytes of a UUIDv7 whose counter grows within a millisecond (RFC 9562 section 6.2, method 1). */
function nextUuid(): Uint8Array {
  const random = randomBytes16();
  const now = Date.now();
  if (now > lastMs) {
    lastMs = now;
    // Starts anywhere in the lower half, so that it cannot run over within the millisecond.
    sequence = new DataView(random.buffer, random.byteOffset).getUint32(0) >>> 1;
  } else {
    sequence += 1;
  }
  // Of these bytes an id takes the last six: none of those that the counter began with.
  return v7({ msecs: lastMs, seq: sequence, random }, new Uint8Array(16));
}

/**
 * A new time-ordered identifier: `prefix_` and 26 base32 characters of a UUIDv7.
 * Ids made later sort after ids made earlier (to the millisecond, and within one process beyond it).
 * Follows the TypeID specification 0.3 and RFC 9562 section 5.7.
 */
export function newId(prefix: string): string {
  const bytes = nextUuid();
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

/** What ids with this prefix look like. */
export const idPattern = (prefix: string): RegExp => new RegExp(`^${prefix}_${SUFFIX}$`);

/** Whether `value` is an id as {@link newId} makes it, with this prefix when one is given. */
export function isId(value: unknown, prefix?: string): value is string {
  if (typeof value !== 'string' || !PATTERN.test(value)) return false;
  return prefix === undefined || value.startsWith(`${prefix}_`);
}
