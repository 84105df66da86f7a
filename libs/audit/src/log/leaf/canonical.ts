import canonicalize from 'canonicalize';

/** Data that is no leaf, payload or bundle of this format. The message says why. */
export class LeafError extends Error {
  override readonly name = 'LeafError';
}

/**
 * The one JSON text of a value (RFC 8785). The caller writes the members in their order; those that are
 * undefined are left out. Then JSON.stringify writes the same text as the library in a quarter of the time, except for
 * half a surrogate pair, which it escapes and RFC 8785 refuses.
 * @throws Error when a text has half a surrogate pair.
 */
export function canonicalText(value: Readonly<Record<string, unknown>>): string {
  const text = JSON.stringify(value);
  return /\\ud[89a-f]/.test(text) ? (canonicalize(value) ?? '') : text;
}

/** {@link canonicalText} in UTF-8. */
export const canonicalJson = (value: Readonly<Record<string, unknown>>): Buffer =>
  Buffer.from(canonicalText(value));

/**
 * An instant as the log writes it, from how a database or RFC 3339 writes it: `2026-01-02 03:04:05.6` becomes
 * `2026-01-02T03:04:05.600000Z`. It is UTC, and stays text because a JavaScript Date would drop the microseconds.
 * @throws LeafError for anything else.
 */
export function instantText(stored: string): string {
  const match =
    /^(\d{4}-(?:0[1-9]|1[0-2])-(0[1-9]|[12]\d|3[01]))[ T]((?:[01]\d|2[0-3]):[0-5]\d:[0-5]\d)(?:\.(\d{1,6}))?Z?$/.exec(
      stored,
    );
  const [, date = '', day = '', time = '', fraction = ''] = match ?? [];
  // Every month has 28 days; a later one that does not exist is moved to the next month by Date.
  if (!match || (Number(day) > 28 && new Date(`${date}T00:00:00Z`).getUTCDate() !== Number(day))) {
    throw new LeafError(`${JSON.stringify(stored)} is not an instant in UTC`);
  }
  return `${date}T${time}.${fraction.padEnd(6, '0')}Z`;
}
