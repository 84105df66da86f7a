/**
 * The condition that a row's primary key lies beyond another's, `(a, b) > (?, ?)` spelled out, which both databases answer
 * from the primary key. Its parameters are {@link keyParameters}.
 */
export function beyondKey(primaryKey: readonly string[], quoted: (name: string) => string): string {
  const alternatives = primaryKey.map((name, index) => {
    const equal = primaryKey.slice(0, index).map((before) => `${quoted(before)} = ?`);
    return [...equal, `${quoted(name)} > ?`].join(' AND ');
  });
  return `(${alternatives.join(' OR ')})`;
}

/** The parameters of {@link beyondKey}: of (a, b) it needs a, then a and b. */
export const keyParameters = (key: readonly unknown[]): unknown[] =>
  key.flatMap((_, index) => key.slice(0, index + 1));
