import { ValidateBy } from 'class-validator';
import { ChoiceField, Field, type FieldOptions, kernelErrors, PatternField } from '#kernel';
import type { Outcome } from '../entities/audit-entry.entity.js';
import type { EntryFilter } from '../query/entry-filter.js';

const OUTCOMES = ['succeeded', 'refused', 'failed'] as const satisfies readonly Outcome[];
const INSTANT =
  /^(\d{4}-\d\d-\d\d)[Tt]([01]\d|2[0-3]):[0-5]\d:[0-5]\d(\.\d{1,9})?([Zz]|[+-]([01]\d|2[0-3]):[0-5]\d)$/;

/** Whether the calendar has this day: JavaScript takes 30 February for 2 March. */
function isDay(day: string): boolean {
  const midnight = new Date(`${day}T00:00:00Z`);
  return !Number.isNaN(midnight.getTime()) && midnight.toISOString().startsWith(day);
}

const IsInstant = () =>
  ValidateBy({
    name: 'isInstant',
    validator: {
      validate: (value: unknown) =>
        typeof value === 'string' && isDay(INSTANT.exec(value)?.[1] ?? 'no instant'),
      defaultMessage: () =>
        '$property must be an instant as RFC 3339 writes it, such as 2026-01-31T12:00:00Z',
    },
  });

/** An instant as RFC 3339 writes it. */
export const InstantField = (said: FieldOptions) =>
  Field({ example: '2026-01-31T12:00:00Z', ...said }, { type: 'string', format: 'date-time' }, IsInstant());

const Word = (length: number, description: string, example: string) =>
  PatternField({
    ...{ pattern: new RegExp(`^[!-~]{1,${length}}$`), rule: `must be a word such as ${example}` },
    ...{ optional: true, description, example },
  });

/** Which entries; every filter given must hold. */
export class EntryFilterQuery {
  @PatternField({
    pattern: /^[a-z][a-z0-9_-]{0,59}:[!-~]{1,100}$/,
    rule: 'must be a type and an id with a colon between them, such as payment:pay_01j9zt2f3kfa8b7c6d5e4f3g2h',
    optional: true,
    example: 'payment:pay_01j9zt2f3kfa8b7c6d5e4f3g2h',
    description: 'What was acted upon, as `type:id`.',
  })
  readonly resource?: string;

  @Word(40, 'The person whom it is about, alone or among others.', 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h')
  readonly subject?: string;

  @Word(
    100,
    'Who acted: the id of a user, or `system:` and the name of a part of the system.',
    'usr_01j9zt2f3kfa8b7c6d5e4f3g2h',
  )
  readonly actor?: string;

  @Word(40, 'The session in which it was done.', 'ses_01j9zt2f3kfa8b7c6d5e4f3g2h')
  readonly session?: string;

  @PatternField({
    pattern: /^[a-z][a-z0-9_.-]{0,99}$/,
    rule: 'must be the name of an action, such as payment.capture',
    optional: true,
    example: 'payment.capture',
    description: 'What was done.',
  })
  readonly action?: string;

  @ChoiceField(OUTCOMES, {
    enumName: 'AuditOutcome',
    optional: true,
    example: 'refused',
    description: 'How it ended.',
  })
  readonly outcome?: Outcome;

  @Word(100, 'What personal data was used for.', 'audit.investigation')
  readonly purpose?: string;

  @Word(40, 'The W3C trace id.', '4bf92f3577b34da6a3ce929d0e0e4736')
  readonly trace?: string;

  @InstantField({ optional: true, description: 'The earliest instant, itself included.' })
  readonly from?: string;

  @InstantField({ optional: true, description: 'The latest instant, itself left out.' })
  readonly to?: string;
}

/** The filters that a request gives. Throws `kernel.validation_failed` for a span of time without an instant in it. */
export function filterOf({ resource, from, to, ...words }: EntryFilterQuery): EntryFilter {
  const { subject, actor, session, action, outcome, purpose, trace } = words;
  const given = { subject, actor, session, action, outcome, purpose, trace };
  const [type = '', ...id] = (resource ?? '').split(':');
  requireSpan({ from, to });
  return {
    ...Object.fromEntries(Object.entries(given).filter(([, value]) => value !== undefined)),
    ...(resource === undefined ? {} : { resource: { type, id: id.join(':') } }),
    ...(from === undefined ? {} : { from: instantOf(from) }),
    ...(to === undefined ? {} : { to: instantOf(to) }),
  };
}

/** Whoever swapped the two must not take an empty answer for "nothing happened". */
export function requireSpan({ from, to }: Pick<EntryFilterQuery, 'from' | 'to'>): void {
  if (from === undefined || to === undefined || Date.parse(from) < Date.parse(to)) return;
  const detail = 'to must be later than from (in the query)';
  throw kernelErrors.problem('kernel.validation_failed', { errors: [{ pointer: '/to', detail }] });
}

const EARLIEST = Date.UTC(1970, 0, 1);
const LATEST = Date.UTC(9999, 11, 31, 23, 59, 59, 999);

/** No entry lies outside these instants, and the databases cannot write down all that RFC 3339 can. */
export const instantOf = (instant: string) =>
  new Date(Math.min(Math.max(Date.parse(instant), EARLIEST), LATEST));
