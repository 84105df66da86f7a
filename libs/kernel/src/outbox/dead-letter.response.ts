import { ApiProperty } from '@nestjs/swagger';
import type { OutboxMessage } from './entities.js';

/** An event that its handlers refused again and again. Its payload holds ids and plain facts only. */
export class DeadLetterResponse {
  @ApiProperty({ example: 'evt_01j9zt2f3kfa8b7c6d5e4f3g2h', description: 'The id of the event.' })
  readonly id: string;

  @ApiProperty({ example: 'payments.payment_succeeded', description: 'What happened.' })
  readonly type: string;

  @ApiProperty({
    type: 'object',
    additionalProperties: true,
    example: { paymentId: 'pay_01j9zt2f3kfa8b7c6d5e4f3g2h' },
    description: 'The ids and facts that the event carries.',
  })
  readonly payload: object;

  @ApiProperty({ type: 'integer', example: 12, description: 'How often delivery was tried.' })
  readonly attempts: number;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'auth.mail_registration: Error ESOCKET',
    description: 'The handler that failed last, and the name of its error, with its code if it has one.',
  })
  readonly lastError: string | null;

  @ApiProperty({
    type: 'string',
    nullable: true,
    example: 'aud_01j9zt2f3kfa8b7c6d5e4f3g2h',
    description: 'The audit entry of the change that published the event.',
  })
  readonly entryId: string | null;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    example: '2026-01-31T12:00:00.000Z',
    description: 'When it happened.',
  })
  readonly createdAt: string;

  static of(message: OutboxMessage): DeadLetterResponse {
    const { id, type, payload, lastError, entryId } = message;
    return {
      id,
      type,
      payload,
      attempts: Number(message.attempts),
      lastError,
      entryId,
      createdAt: message.createdAt.toISOString(),
    };
  }
}
