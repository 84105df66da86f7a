import { ApiProperty } from '@nestjs/swagger';

export class ExportedFieldResponse {
  @ApiProperty({ description: 'Name of the field in the records.', example: 'email' })
  readonly field: string;

  @ApiProperty({
    description: 'Stable id of the field in the register of processing.',
    example: 'users.email',
  })
  readonly id: string;

  @ApiProperty({ description: 'What it is.', example: 'E-mail address' })
  readonly label: string;

  @ApiProperty({
    description: 'Retention class.',
    enum: ['account', 'accounting', 'security'],
    example: 'account',
  })
  readonly retention: string;

  @ApiProperty({ description: 'How long it is kept.', example: 'Until the account is erased' })
  readonly kept: string;
}

export class ExportedCategoryResponse {
  @ApiProperty({ description: 'What kind of record it is.', example: 'user' })
  readonly category: string;

  @ApiProperty({ description: 'The personal fields of these records.', type: [ExportedFieldResponse] })
  readonly fields: ExportedFieldResponse[];

  @ApiProperty({
    description: 'All records of this kind on you. Null stands for what was never stored or has been erased.',
    type: 'array',
    items: { type: 'object', additionalProperties: true },
    example: [{ id: 'usr_01k4z0q8b6f7e9a2c3d4e5f6g7', email: 'ada@example.com', name: 'Ada Lovelace' }],
  })
  readonly records: Record<string, unknown>[];
}

export class ExportResponse {
  @ApiProperty({ description: 'Whose data it is.', example: 'usr_01k4z0q8b6f7e9a2c3d4e5f6g7' })
  readonly subject: string;

  @ApiProperty({ description: 'When it was read.', format: 'date-time', example: '2026-01-31T09:30:00.000Z' })
  readonly exportedAt: string;

  @ApiProperty({
    description: 'Everything held on you, by kind of record.',
    type: [ExportedCategoryResponse],
  })
  readonly categories: ExportedCategoryResponse[];
}
