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
  const chunks: Buffer[] = [];
  for (const part of parts) {
    const bytes = Buffer.from(part, 'utf8');
    const length = Buffer.alloc(4);
    length.writeUInt32BE(bytes.length);
    chunks.push(length, bytes);
  }
  return Buffer.concat(chunks);
}
