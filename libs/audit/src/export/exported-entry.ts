import { AuditEntryResponse } from '../dto/audit-entry.response.js';
import type { AuditEntry } from '../entities/audit-entry.entity.js';

/** Where an entry stands in the transparency log. */
export interface LogPlace {
  /** The name of the log, as its checkpoints begin. */
  readonly origin: string;
  readonly number: number;
  readonly index: number;
  /** Base64 of what stands in the leaf for the payload. */
  readonly payloadHash: string;
  /** The path at which the leaf and its proof are given. */
  readonly proof: string;
}

/** An entry as it is exported: what the API shows of it, everybody whom it is about, and its place in the log. */
export interface ExportedEntry extends AuditEntryResponse {
  readonly subjects: readonly string[];
  /** Null until it is sequenced. */
  readonly log: LogPlace | null;
}

export function exportedEntry(
  entry: AuditEntry,
  subjects: readonly string[],
  origin: string | undefined,
): ExportedEntry {
  const { id, leafIndex: index, logNumber: number, payloadHash } = entry;
  const isPlaced = index !== null && number !== null && payloadHash !== null && origin !== undefined;
  const proof = `/v1/admin/audit/entries/${id}/proof`;
  const log = isPlaced ? { origin, number, index, payloadHash, proof } : null;
  return { ...new AuditEntryResponse(entry), subjects, log };
}
