import { ApiProperty } from '@nestjs/swagger';

export class RetainedClassResponse {
  @ApiProperty({ description: 'Retention class of the data.', example: 'accounting' })
  readonly retention: string;

  @ApiProperty({
    description: 'How long data of this class is kept, and why.',
    example: 'Until the term that tax and accounting law sets has ended (GDPR Article 17(3)(b))',
  })
  readonly kept: string;
}

export class ErasureResponse {
  @ApiProperty({
    description:
      'From this instant on nothing in the system can read or write the erased data, wherever it lies.',
    format: 'date-time',
    example: '2026-01-31T09:31:20.000Z',
  })
  readonly effectiveBy: string;

  @ApiProperty({
    description: 'What other laws oblige us to keep for a time.',
    type: [RetainedClassResponse],
  })
  readonly retained: RetainedClassResponse[];
}
