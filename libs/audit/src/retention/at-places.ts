import type { AuditEntry } from '../entities/audit-entry.entity.js';

/** A condition for each log by which rows with the places of these sequenced entries are found. */
export function atPlaces(
  alias: string,
  entries: readonly Pick<AuditEntry, 'leafIndex' | 'logNumber'>[],
): { readonly condition: string; readonly parameters: readonly unknown[] }[] {
  return [...new Set(entries.map(({ logNumber }) => logNumber))].map((logNumber) => {
    const leaves = entries.filter((entry) => entry.logNumber === logNumber).map(({ leafIndex }) => leafIndex);
    return {
      condition: `${alias}.log_number = ? AND ${alias}.leaf_index IN (${marks(leaves)})`,
      parameters: [logNumber, ...leaves],
    };
  });
}

/** Placeholders for a list of values. */
export const marks = (values: readonly unknown[]): string => values.map(() => '?').join(', ');
