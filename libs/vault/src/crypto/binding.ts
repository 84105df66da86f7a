/** Where a sealed value belongs. A ciphertext moved to any other place cannot be opened. */
export interface ValuePlace {
  /** Stable id of the annotation (`users.email`), which outlives renamed columns. */
  readonly annotation: string;
  readonly rowId: string;
  readonly subject: string;
}

/** Associated data of a sealed value. */
export function valueBinding(place: ValuePlace): Buffer {
  return binding('steward.value.v1', place.annotation, place.rowId, place.subject);
}

/** Associated data of a wrapped subject key: a key row cannot be passed off as another person's. */
export function keyBinding(subject: string, retention: string, epoch: number): Buffer {
  return binding('steward.subject-key.v1', subject, retention, String(epoch));
}

/** Each part carries its length, so no two different lists of parts give the same bytes. */
export function binding(...parts: readonly string[]): Buffer {
  const lengths = parts.map((part) => Buffer.byteLength(part, 'utf8'));
  const bytes = Buffer.allocUnsafe(lengths.reduce((sum, length) => sum + 4 + length, 0));
  let at = 0;
  for (const [index, part] of parts.entries()) {
    at = bytes.writeUInt32BE(lengths[index] ?? 0, at);
    at += bytes.write(part, at, 'utf8');
  }
  return bytes;
}
