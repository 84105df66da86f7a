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
  >
> & {
  /** As the database writes it, or RFC 3339; UTC. */
  readonly occurredAt: string;
};

/** The terms that an entry has by what it says of itself, and what they are made of. */
const SAID = {
  actor: ['actorId'],
  action: ['action'],
  resource: ['resourceType', 'resourceId'],
  subject: ['subjectId'],
  /** Whose key the client's address is sealed under. */
  address: ['addressSubjectId'],
  session: ['sessionId'],
  outcome: ['outcome'],
  purpose: ['purpose'],
  trace: ['traceId'],
} as const satisfies Readonly<Record<string, readonly (keyof TermFacts)[]>>;

type Kind = keyof typeof SAID;

/** MySQL compares text without its trailing blanks; so that one term is one row everywhere, terms have none. */
const named = (kind: Kind, ...values: readonly string[]): string =>
  [kind, ...values].join(':').replace(/ +$/, '');

/** How each term is written. Whoever searches writes it the same way. */
export const term = {
  actor: (id: string) => named('actor', id),
  action: (action: string) => named('action', action),
  resource: (type: string, id: string) => named('resource', type, id),
  subject: (id: string) => named('subject', id),
  address: (subjectId: string) => named('address', subjectId),
  session: (id: string) => named('session', id),
  outcome: (outcome: string) => named('outcome', outcome),
  purpose: (purpose: string) => named('purpose', purpose),
  trace: (id: string) => named('trace', id),
  /** The id of the entry was made at another time than the entry tells of: a search by time cannot go by the id. */
  untimely: () => 'untimely:id',
} as const;

/** How far the time in an entry's id may be from the entry's own, in ms, for a search by time to find it. */
export const TIMELY_MS = 1_000;

/** Whether a search by time cannot find the entry by its id. */
export function isUntimely({ id, occurredAt }: Pick<TermFacts, 'id' | 'occurredAt'>): boolean {
  return Math.abs(msOfId(id) - Date.parse(instantText(occurredAt))) > TIMELY_MS;
}

/**
 * Everything by which an entry is found once it is sequenced: each term once. `subjects` are those of a list beside the
 * one that the entry itself names. The sequencer has the database make the same of many entries; see `appendIndex`.
 */
export function termsOf(entry: TermFacts, subjects: Iterable<string>): string[] {
  const terms = new Set<string>();
  for (const [kind, properties] of Object.entries(SAID)) {
    const values = properties.map((property: keyof TermFacts) => entry[property]);
    if (values.every((value) => value !== null)) terms.add(named(kind as Kind, ...values));
  }
  for (const subject of subjects) terms.add(term.subject(subject));
  if (isUntimely(entry)) terms.add(term.untimely());
  return [...terms];
}

/** How the database joins texts. */
export type Concat = (parts: readonly string[]) => string;

/** The terms by what entries say of themselves, in SQL over `audit_entry e`; null where an entry does not say so much. */
export function saidInSql(concat: Concat): string[] {
  return Object.entries(SAID).map(([kind, properties]) => {
    const columns = properties.map((property) => `e.${columnOf(property)}`);
    return termInSql(concat, kind as Kind, columns);
  });
}

/** A term of this kind in SQL; null when one of the expressions is, as joining texts has it in both databases. */
export const termInSql = (concat: Concat, kind: Kind, values: readonly string[]): string =>
  `RTRIM(${concat([`'${kind}'`, ...values.flatMap((value) => [`':'`, value])])})`;

const columnOf = (property: string): string =>
  property.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`);
