import { ApiProperty } from '@nestjs/swagger';
import type { Operation } from '../entities/row-change.entity.js';

const value = (description: string, example: string | null) =>
  ApiProperty({ type: 'string', nullable: true, description, example });

/**
 * One field of a changed row. A revealed value whose key was destroyed is `[erased]`; one that is no valid seal at its
 * place, because somebody wrote it by hand, is `[unreadable]`.
 */
export class FieldChangeResponse {
  @ApiProperty({ type: 'string', description: 'The field that changed.', example: 'status' })
  readonly field: string;

  @value(
    'Its value before, as text; `[sealed]` for personal data that was not revealed; null for none.',
    'processing',
  )
  readonly before: string | null;

  @value(
    'Its value afterwards, as text; `[sealed]` for personal data that was not revealed; null for none.',
    'succeeded',
  )
  readonly after: string | null;
}

/** One row that was changed. */
export class RowChangeResponse {
  @ApiProperty({
    type: 'string',
    description: 'Counts up; changes of one row stand in its order.',
    example: '4711',
  })
  readonly id: string;

  @ApiProperty({ type: 'string', description: 'The table.', example: 'payment' })
  readonly table: string;

  @ApiProperty({
    type: 'string',
    description: 'The primary key of the row; a JSON array when it has several columns.',
    example: 'pay_01j9zt2f3kfa8b7c6d5e4f3g2h',
  })
  readonly rowId: string;

  @ApiProperty({
    type: 'string',
    enum: ['insert', 'update', 'delete', 'baseline'],
    description:
      'What happened to the row; `baseline` is its image when capture of the table began or changed.',
    example: 'update',
  })
  readonly operation: Operation;

  @ApiProperty({
    type: 'string',
    format: 'date-time',
    description: 'When the row was changed, by the clock of the database.',
    example: '2026-01-31T12:00:00.000Z',
  })
  readonly changedAt: string;

  @ApiProperty({ type: 'string', description: 'The user of the database.', example: 'steward@10.0.0.7' })
  readonly databaseUser: string;

  @ApiProperty({
    type: [FieldChangeResponse],
    description: 'The fields that changed; all fields that hold something, of a row that came or went.',
  })
  readonly fields: readonly FieldChangeResponse[];
}
