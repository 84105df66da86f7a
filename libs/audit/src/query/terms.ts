import type { AuditEntry } from '../entities/audit-entry.entity.js';
import { instantText } from '../log/leaf/canonical.js';
import { msOfId } from './id-time.js';

/** What an entry says that becomes a term. */
export type TermFacts = Readonly<
  Pick<
    AuditEntry,
    | 'id'
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
> & {
  /** As the database writes it, or RFC 3339; UTC. */
  readonly occurredAt: string;
};

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
  /** The id of the entry was made at another time than the entry tells of: a search by time cannot go by the id. */
  untimely: () => 'untimely:id',
} as const;

/** How far the time in an entry's id may be from the entry's own, in ms, for a search by time to find it. */
export const TIMELY_MS = 1_000;

/**
 * Everything by which an entry is found once it is sequenced: each term once. `subjects` are those of a list beside the
 * one that the entry itself names.
 */
export function termsOf(entry: TermFacts, subjects: Iterable<string>): string[] {
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
  const occurredMs = Date.parse(instantText(entry.occurredAt));
  if (Math.abs(msOfId(entry.id) - occurredMs) > TIMELY_MS) terms.add(term.untimely());
  return [...terms];
}
