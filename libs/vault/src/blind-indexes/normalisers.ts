/** Makes one spelling of the values that count as equal. */
export type Normaliser = (value: string) => string;

const normalisers: ReadonlyMap<string, Normaliser> = new Map([
  ['exact', (value) => value],
  ['text', (value) => value.normalize('NFKC').trim().replace(/\s+/gu, ' ').toLowerCase()],
  // The local part is case-sensitive by RFC 5321, but no provider treats it so, and people do not know.
  ['email', (value) => value.normalize('NFKC').trim().toLowerCase()],
]);

/** The normaliser that an annotation names in `blindIndex`, or undefined. */
export function normaliserNamed(name: string): Normaliser | undefined {
  return normalisers.get(name);
}
