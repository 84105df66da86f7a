import { ApiProperty, IntersectionType } from '@nestjs/swagger';
import type { ActorKind, AuditEntry } from '../entities/audit-entry.entity.js';
import { InstantField } from './entry-filter.query.js';
import { RevealQueryOf } from './reveal.query.js';
import { RowChangeResponse } from './row-change.response.js';

const text = (description: string, example: string) => ApiProperty({ type: 'string', description, example });
const optionalText = (description: string, example: string | null) =>
  ApiProperty({ type: 'string', nullable: true, description, example });
const instant = (description: string) =>
  ApiProperty({ type: 'string', format: 'date-time', description, example: '2026-01-31T12:00:00.000Z' });

/** As of when, and whether to open what is sealed. */
export class ResourceAtQuery extends IntersectionType(RevealQueryOf('changes')) {
  @InstantField({ optional: true, description: 'As of which instant; now when it is left out.' })
  readonly at?: string;
}

/** Who made a version, in short. */
export class VersionEntryResponse {
  @text('The entry that accounts for the change.', 'aud_01j9zt2f3kfa8b7c6d5e4f3g2h')
  readonly id: string;

  @instant('When its unit of work began.')
  readonly occurredAt: string;

  @text('What was done.', 'payment.capture')
  readonly action: string;

  @ApiProperty({
    type: 'string',
    enum: ['user', 'system', 'anonymous'],
    description: 'What kind of actor.',
    example: 'user',
  })
  readonly actorKind: ActorKind;

  @optionalText('Who acted; null when nobody was logged in.', 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h')
  readonly actorId: string | null;

  @optionalText('The session in which it was done.', 'ses_01j9zt2f3kfa8b7c6d5e4f3g2h')
  readonly sessionId: string | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Its place in the transparency log; null until it is sequenced.',
    example: 4711,
  })
  readonly leafIndex: number | null;

  constructor(entry: AuditEntry) {
    this.id = entry.id;
    this.occurredAt = entry.occurredAt.toISOString();
    this.action = entry.action;
    this.actorKind = entry.actorKind;
    this.actorId = entry.actorId;
    this.sessionId = entry.sessionId;
    this.leafIndex = entry.leafIndex;
  }
}

/** One version of a resource: the change that made it, and who made that. */
export class ResourceVersionResponse extends RowChangeResponse {
  @ApiProperty({
    type: VersionEntryResponse,
    nullable: true,
    description: 'Who made it; null for a few seconds when somebody changed the row around the application.',
  })
  readonly entry: VersionEntryResponse | null;

  @ApiProperty({
    type: 'string',
    enum: ['version', 'nothing', 'expired', 'unknown'],
    description:
      'What stood before it: the next older `version` on this list, or `nothing`; or versions that have `expired`, for ' +
      'their retention has ended; or what is `unknown`, because nobody captured it.',
    example: 'version',
  })
  readonly follows: Preceding;
}

export type Preceding = 'version' | 'nothing' | 'expired' | 'unknown';
export type ResourceState = 'present' | 'absent' | 'expired' | 'unknown';

/** A resource as it was at an instant. */
export class ResourceAtResponse {
  @text('The type: the name of a table.', 'payment')
  readonly type: string;

  @text('The id.', 'pay_01j9zt2f3kfa8b7c6d5e4f3g2h')
  readonly id: string;

  @instant('As of when.')
  readonly at: string;

  @ApiProperty({
    type: 'string',
    enum: ['present', 'absent', 'expired', 'unknown'],
    description:
      'Whether it was there: `absent` before its first insert and after it was deleted, `expired` where changes of it are ' +
      'gone because their retention has ended, `unknown` before the first change on record when that is no insert.',
    example: 'present',
  })
  readonly state: ResourceState;

  @ApiProperty({
    type: 'object',
    additionalProperties: { type: 'string', nullable: true },
    nullable: true,
    description:
      'Its fields as text; `[sealed]` for personal data that was not revealed. Null unless it was there.',
    example: { id: 'pay_01j9zt2f3kfa8b7c6d5e4f3g2h', status: 'succeeded', amountMinor: '1250' },
  })
  readonly fields: Readonly<Record<string, string | null>> | null;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    nullable: true,
    description: 'The last change before that instant; null when none is on record.',
    example: '2026-01-31T11:59:12.345Z',
  })
  readonly changedAt: string | null;

  @ApiProperty({
    type: VersionEntryResponse,
    nullable: true,
    description: 'Who made that change; null when none is on record, or nobody has accounted for it yet.',
  })
  readonly entry: VersionEntryResponse | null;
}
