import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import { ChoiceField, DigitsField, kernelErrors, PageOf, PatternField, TextField } from '#kernel';
import type { Exposure } from '../incident/subject-tally.js';
import type { Incident } from '../incident/exposures.js';
import { InstantField, instantOf, requireSpan } from './entry-filter.query.js';

const MAX_LIMIT = 1_000;
export const EXPOSURE_FORMATS = ['csv', 'ndjson'] as const;
export type ExposureFormat = (typeof EXPOSURE_FORMATS)[number];

/** Whose doings between which instants; one of `session`, `actor` and `credential`. */
export class IncidentQuery {
  @PatternField({
    pattern: /^[!-~]{1,40}$/,
    rule: 'must be the id of a session',
    optional: true,
    description: 'The session whose doings are asked about.',
    example: 'ses_01j9zt2f3kfa8b7c6d5e4f3g2h',
  })
  readonly session?: string;

  @PatternField({
    pattern: /^[!-~]{1,100}$/,
    rule: 'must be the id of a user, or system: and the name of a part of the system',
    optional: true,
    description: 'Or the user, or `system:` and the name of a part of the system.',
    example: 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h',
  })
  readonly actor?: string;

  @PatternField({
    pattern: /^[a-z][a-z0-9_-]{0,59}:[!-~]{1,100}$/,
    rule: 'must be the name of a table and an id with a colon between them, such as password_credential:crd_01j9zt2f3kfa8b7c6d5e4f3g2h',
    optional: true,
    description:
      'Or the credential, as the name of its table and its id: all sessions that were opened with it.',
    example: 'password_credential:crd_01j9zt2f3kfa8b7c6d5e4f3g2h',
  })
  readonly credential?: string;

  @InstantField({ description: 'The earliest instant, itself included.', example: '2026-01-31T00:00:00Z' })
  readonly from: string;

  @InstantField({ description: 'The latest instant, itself left out.', example: '2026-02-01T00:00:00Z' })
  readonly to: string;
}

class ExposurePageQuery {
  @DigitsField({
    minimum: 1,
    maximum: MAX_LIMIT,
    optional: true,
    standard: 100,
    description: 'How many people to return at most. Each page reads the entries again.',
    example: 100,
  })
  readonly limit: number = 100;

  @TextField({
    maxLength: 128,
    optional: true,
    description: 'The nextCursor of the page before; absent for the first page.',
    example: 'dXNyXzAxajl6dDJmM2tmYThiN2M2ZDVlNGYzZzJo',
  })
  readonly cursor?: string;
}

export class ListExposuresQuery extends IntersectionType(IncidentQuery, ExposurePageQuery) {}

export class ExportExposuresQuery extends IncidentQuery {
  @ChoiceField(EXPOSURE_FORMATS, {
    enumName: 'ExposureFormat',
    optional: true,
    standard: 'csv',
    description: 'CSV with a header (RFC 4180), or one JSON object a line.',
    example: 'csv',
  })
  readonly format: ExposureFormat = 'csv';
}

/** What is asked. Throws `kernel.validation_failed` unless it is about one session, actor or credential, and some time. */
export function incidentOf({ session, actor, credential, from, to }: IncidentQuery): Incident {
  const [type = '', ...id] = (credential ?? '').split(':');
  const named = [
    ...(session === undefined ? [] : [{ session }]),
    ...(actor === undefined ? [] : [{ actor }]),
    ...(credential === undefined ? [] : [{ credential: { type, id: id.join(':') } }]),
  ];
  const [by] = named;
  if (!by || named.length > 1) {
    const detail = 'give exactly one of session, actor and credential (in the query)';
    throw kernelErrors.problem('kernel.validation_failed', { errors: [{ pointer: '/session', detail }] });
  }
  requireSpan({ from, to });
  return { by, from: instantOf(from), to: instantOf(to) };
}

const count = (description: string, example: number) =>
  ApiProperty({ type: 'integer', description, example });
const instant = (description: string) =>
  ApiProperty({ type: 'string', format: 'date-time', description, example: '2026-01-31T12:00:00.000Z' });

/** One person whose data was seen or changed. */
export class ExposureResponse {
  @ApiProperty({ type: 'string', description: 'The person.', example: 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h' })
  readonly subject: string;

  @count('Entries in which sealed data of theirs was opened.', 3)
  readonly seen: number;

  @count('Entries that changed rows about them.', 1)
  readonly changed: number;

  @count('Other entries that are about them.', 0)
  readonly named: number;

  @ApiProperty({
    type: 'boolean',
    description:
      'They acted themselves, or somebody in their name: what one sees of oneself is not on the record, so take it that ' +
      'all data of theirs was seen.',
    example: false,
  })
  readonly isActor: boolean;

  @instant('The first entry.')
  readonly firstAt: string;

  @instant('The last entry.')
  readonly lastAt: string;

  constructor(exposure: Exposure) {
    this.subject = exposure.subject;
    this.seen = exposure.seen;
    this.changed = exposure.changed;
    this.named = exposure.named;
    this.isActor = exposure.isActor;
    this.firstAt = exposure.firstAt.toISOString();
    this.lastAt = exposure.lastAt.toISOString();
  }
}

/** A page of people, and whether they are all that there were. */
export class ExposurePage extends PageOf(ExposureResponse) {
  @ApiProperty({
    type: 'boolean',
    description:
      'False when the retention of entries of that span has ended: whose data these told of is not known any more, so ' +
      'there may have been others.',
    example: true,
  })
  readonly isComplete: boolean;
}
