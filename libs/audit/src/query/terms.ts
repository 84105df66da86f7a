import type { AuditEntry } from '../entities/audit-entry.entity.js';
import type { RowChange } from '../entities/row-change.entity.js';

/** What an entry says that becomes a term. */
export type TermFacts = Readonly<
  Pick<
    AuditEntry,
    | 'actorId'
    | 'action'
    | 'resourceType'
    | 'resourceId'
    | 'subjectId'
    | 'addressSubjectId'
    | 'sessionId'
    | 'outcome'
    | 'purpose'
    | 'traceId'
    | 'requestId'
  >
>;

/** MySQL compares text without its trailing blanks; so that one term is one row everywhere, terms have none. */
const named = (kind: string, value: string): string => `${kind}:${value}`.replace(/ +$/, '');

/** How each term is written. Whoever searches writes it the same way. */
export const term = {
  actor: (id: string) => named('actor', id),
  action: (action: string) => named('action', action),
  resource: (type: string, id: string) => named('resource', `${type}:${id}`),
  subject: (id: string) => named('subject', id),
  /** Whose key the client's address is sealed under. */
  address: (subjectId: string) => named('address', subjectId),
  session: (id: string) => named('session', id),
  outcome: (outcome: string) => named('outcome', outcome),
  purpose: (purpose: string) => named('purpose', purpose),
  trace: (id: string) => named('trace', id),
  request: (id: string) => named('request', id),
  /** A row that the entry changed. */
  row: (table: string, rowId: string) => named('row', `${table}:${rowId}`),
} as const;

/**
 * Everything by which an entry is found once it is sequenced: each term once. `subjects` are those of a list beside the
 * one that the entry itself names; `changes` are all its row changes.
 */
export function termsOf(
  entry: TermFacts,
  subjects: Iterable<string>,
  changes: Iterable<Readonly<Pick<RowChange, 'tableName' | 'rowId'>>>,
): string[] {
  const terms = new Set([term.action(entry.action), term.outcome(entry.outcome)]);
  const add = (make: (value: string) => string, value: string | null) => {
    if (value !== null) terms.add(make(value));
  };
  add(term.actor, entry.actorId);
  add(term.subject, entry.subjectId);
  add(term.address, entry.addressSubjectId);
  add(term.session, entry.sessionId);
  add(term.purpose, entry.purpose);
  add(term.trace, entry.traceId);
  add(term.request, entry.requestId);
  if (entry.resourceType !== null && entry.resourceId !== null)
    terms.add(term.resource(entry.resourceType, entry.resourceId));
  for (const subject of subjects) terms.add(term.subject(subject));
  for (const { tableName, rowId } of changes) terms.add(term.row(tableName, rowId));
  return [...terms];
}
