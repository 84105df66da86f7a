const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';
const TIME_BITS = 48;
/** An id's 26 digits hold 130 bits: two zeroes, then a UUIDv7, which begins with the time (RFC 9562, section 5.7). */
const DIGITS_OF_TIME = 10;

/** The lowest id with this prefix that can have been made at `ms` (milliseconds since 1970). */
export function lowestId(prefix: string, ms: number): string {
  const value = BigInt(Math.min(Math.max(0, Math.floor(ms)), 2 ** TIME_BITS - 1)) << 80n;
  let suffix = '';
  for (let shift = 125n; shift >= 0n; shift -= 5n) suffix += ALPHABET[Number((value >> shift) & 31n)];
  return `${prefix}_${suffix}`;
}

/** When the id was made, in milliseconds since 1970. */
export function msOfId(id: string): number {
  let ms = 0;
  for (const digit of id.slice(id.indexOf('_') + 1).slice(0, DIGITS_OF_TIME))
    ms = ms * 32 + ALPHABET.indexOf(digit);
  return ms;
}
