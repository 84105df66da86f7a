import { sha256 } from '../tree/hash.js';
import { canonicalText, instantText } from './canonical.js';

const VERSION = 1;

/** The random bytes before a payload, without which its hash says nothing about it. */
export const SALT_BYTES = 32;

/** The columns of an entry that its payload holds; they may be dropped when their retention ends. */
export interface PayloadEntry {
  readonly errorCode: string | null;
  readonly sessionId: string | null;
  readonly requestId: string | null;
  readonly traceId: string | null;
  readonly purpose: string | null;
  /** The stored JSON text itself. */
  readonly details: string | null;
  readonly subjectId: string | null;
  readonly addressSubjectId: string | null;
  /** The sealed bytes. */
  readonly clientAddress: Uint8Array | null;
}

/** A captured change of a row. */
export interface PayloadChange {
  /** A decimal. */
  readonly id: string;
  readonly tableName: string;
  readonly rowId: string;
  readonly operation: string;
  /** The stored text itself, like `afterImage`. */
  readonly beforeImage: string | null;
  readonly afterImage: string | null;
  readonly databaseUser: string;
  /** As the database writes it, or RFC 3339; UTC. */
  readonly changedAt: string;
}

/**
 * The payload of an entry: canonical JSON of all that its leaf does not show. `subjects` are the people whom it is about
 * beside the entry's own; their order and repetitions do not matter, nor does the order of the changes.
 */
export const payloadOf = (
  entry: PayloadEntry,
  subjects: readonly string[],
  changes: readonly PayloadChange[],
): Buffer => Buffer.from(payloadText(entry, subjects, changes));

/** {@link payloadOf} before it is UTF-8. */
export function payloadText(
  entry: PayloadEntry,
  subjects: readonly string[],
  changes: readonly PayloadChange[],
): string {
  const { addressSubjectId, clientAddress } = entry;
  const hasAddress = addressSubjectId !== null || clientAddress !== null;
  return canonicalText({
    address: hasAddress
      ? {
          sealed: clientAddress === null ? undefined : hex(clientAddress),
          subject: addressSubjectId ?? undefined,
        }
      : undefined,
    changes: changes.toSorted(byId).map(changeOf),
    details: entry.details ?? undefined,
    error: entry.errorCode ?? undefined,
    purpose: entry.purpose ?? undefined,
    request: entry.requestId ?? undefined,
    session: entry.sessionId ?? undefined,
    subjects: sortedSubjects(entry.subjectId, subjects),
    trace: entry.traceId ?? undefined,
    v: VERSION,
  });
}

/**
 * What the leaf shows of a payload: base64 of SHA-256(salt ‖ payload).
 * @throws RangeError unless the salt has {@link SALT_BYTES}.
 */
export function payloadHash(salt: Uint8Array, payload: Uint8Array): string {
  if (salt.length !== SALT_BYTES) throw new RangeError(`A salt has ${SALT_BYTES} bytes, not ${salt.length}`);
  return sha256(Buffer.concat([salt, payload])).toString('base64');
}

function changeOf(change: PayloadChange) {
  return {
    after: change.afterImage,
    at: instantText(change.changedAt),
    before: change.beforeImage,
    id: change.id,
    operation: change.operation,
    row: change.rowId,
    table: change.tableName,
    user: change.databaseUser,
  };
}

const hex = (bytes: Uint8Array) => Buffer.from(bytes).toString('hex');

/** By UTF-16 code units, as RFC 8785 sorts names; ids are ASCII. */
function sortedSubjects(own: string | null, others: readonly string[]): string[] {
  return [...new Set(own === null ? others : [own, ...others])].toSorted();
}

function byId(left: PayloadChange, right: PayloadChange): number {
  const [a, b] = [BigInt(left.id), BigInt(right.id)];
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
