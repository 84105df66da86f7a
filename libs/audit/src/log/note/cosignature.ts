const TIMESTAMP_BYTES = 8;

/** A cosignature/v1 taken apart: when the witness saw the checkpoint, and the Ed25519 signature. */
export interface Cosignature {
  /** Seconds since 1970. */
  readonly timestamp: number;
  readonly ed25519: Uint8Array;
}

/** The bytes that a witness signs: a header, the time, and the checkpoint's whole note text (C2SP tlog-cosignature). */
export function cosignedMessage(text: string, timestamp: number): Buffer {
  return Buffer.from(`cosignature/v1\ntime ${timestamp}\n${text}`);
}

/** The signature as it stands in the note: the time as a big-endian uint64, then the Ed25519 signature. */
export function encodeCosignature({ timestamp, ed25519 }: Cosignature): Buffer {
  const bytes = Buffer.alloc(TIMESTAMP_BYTES + ed25519.length);
  bytes.writeBigUInt64BE(BigInt(timestamp));
  bytes.set(ed25519, TIMESTAMP_BYTES);
  return bytes;
}

/** Reads what {@link encodeCosignature} writes; undefined when it is too short or its time is out of all bounds. */
export function decodeCosignature(signature: Uint8Array): Cosignature | undefined {
  if (signature.length <= TIMESTAMP_BYTES) return undefined;
  const timestamp = Number(Buffer.from(signature).readBigUInt64BE());
  return Number.isSafeInteger(timestamp)
    ? { timestamp, ed25519: signature.subarray(TIMESTAMP_BYTES) }
    : undefined;
}
