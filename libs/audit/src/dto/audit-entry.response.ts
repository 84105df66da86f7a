import { ApiProperty } from '@nestjs/swagger';
import type { ActorKind, AuditEntry, Outcome } from '../entities/audit-entry.entity.js';

const text = (description: string, example: string) => ApiProperty({ type: 'string', description, example });
const optionalText = (description: string, example: string | null) =>
  ApiProperty({ type: 'string', nullable: true, description, example });

/** One entry of the record. */
export class AuditEntryResponse {
  @text('The id of the entry, and of the unit of work that it tells of.', 'aud_01j9zt2f3kfa8b7c6d5e4f3g2h')
  readonly id: string;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    description: 'When the unit of work began.',
    example: '2026-01-31T12:00:00.000Z',
  })
  readonly occurredAt: string;

  @text('What was done.', 'payment.capture')
  readonly action: string;

  @ApiProperty({
    type: 'string',
    enum: ['succeeded', 'refused', 'failed'],
    description: 'How it ended. What was refused or failed changed nothing.',
    example: 'succeeded',
  })
  readonly outcome: Outcome;

  @optionalText('The code of the error, unless it succeeded.', null)
  readonly errorCode: string | null;

  @ApiProperty({
    type: 'string',
    enum: ['user', 'system', 'anonymous'],
    description: 'What kind of actor it was.',
    example: 'user',
  })
  readonly actorKind: ActorKind;

  @optionalText('Who acted; null when nobody was logged in.', 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h')
  readonly actorId: string | null;

  @optionalText('The session in which it was done.', 'ses_01j9zt2f3kfa8b7c6d5e4f3g2h')
  readonly sessionId: string | null;

  @optionalText(
    'The request or background run; entries of one request share it.',
    'req_01j9zt2f3kfa8b7c6d5e4f3g2h',
  )
  readonly requestId: string | null;

  @optionalText('The W3C trace id.', '4bf92f3577b34da6a3ce929d0e0e4736')
  readonly traceId: string | null;

  @optionalText('The type of what was acted upon.', 'payment')
  readonly resourceType: string | null;

  @optionalText('The id of what was acted upon.', 'pay_01j9zt2f3kfa8b7c6d5e4f3g2h')
  readonly resourceId: string | null;

  @optionalText('The person whom it is about, when it is one.', 'usr_01j9zt2f3kfa8b7c6d5e4f3g2h')
  readonly subjectId: string | null;

  @optionalText('What personal data was used for.', null)
  readonly purpose: string | null;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    nullable: true,
    description: 'Further facts, never personal data in clear.',
    example: { amount: '1250', currency: 'EUR' },
  })
  readonly details: Readonly<Record<string, unknown>> | null;

  @optionalText(
    'The IP address of the client: `[sealed]` unless revealed; null when there was none or its key is destroyed.',
    '[sealed]',
  )
  readonly clientAddress: string | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description: 'Its place in the transparency log; null until it is sequenced.',
    example: null,
  })
  readonly leafIndex: number | null;

  @ApiProperty({
    type: 'integer',
    nullable: true,
    description:
      'Which log that is: they are counted from 1, and a new one begins when a backup was restored.',
    example: null,
  })
  readonly logNumber: number | null;

  @ApiProperty({
    type: 'boolean',
    description:
      'Its retention has ended: who did what to which resource and how it ended remain, everything else is gone.',
    example: false,
  })
  readonly isExpired: boolean;

  /** `revealed` is the client address in clear; undefined when nobody asked for it. */
  constructor(entry: AuditEntry, revealed?: { readonly clientAddress: string | null }) {
    this.id = entry.id;
    this.occurredAt = entry.occurredAt.toISOString();
    this.action = entry.action;
    this.outcome = entry.outcome;
    this.errorCode = entry.errorCode;
    this.actorKind = entry.actorKind;
    this.actorId = entry.actorId;
    this.sessionId = entry.sessionId;
    this.requestId = entry.requestId;
    this.traceId = entry.traceId;
    this.resourceType = entry.resourceType;
    this.resourceId = entry.resourceId;
    this.subjectId = entry.subjectId;
    this.purpose = entry.purpose;
    this.details = entry.details;
    this.clientAddress = revealed ? revealed.clientAddress : (entry.clientAddress?.toString() ?? null);
    this.leafIndex = entry.leafIndex;
    this.logNumber = entry.logNumber;
    this.isExpired = entry.isExpired;
  }
}
