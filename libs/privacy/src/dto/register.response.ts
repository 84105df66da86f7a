import { ApiProperty } from '@nestjs/swagger';

export class RegisteredPurposeResponse {
  @ApiProperty({ description: 'Name of the purpose.', example: 'account.self_service' })
  readonly purpose: string;

  @ApiProperty({ description: 'What the data is read for.', example: 'Showing people their own account' })
  readonly description: string;

  @ApiProperty({ description: 'Legal basis (GDPR Article 6(1)).', example: 'contract' })
  readonly legalBasis: string;
}

export class RegisteredDataResponse {
  @ApiProperty({ description: 'Stable id of the kind of data.', example: 'users.email' })
  readonly id: string;

  @ApiProperty({ description: 'What it is.', example: 'E-mail address' })
  readonly label: string;

  @ApiProperty({ description: 'Where it is stored.', example: 'user' })
  readonly table: string;

  @ApiProperty({ description: 'The column.', example: 'email' })
  readonly column: string;

  @ApiProperty({ description: 'Retention class.', example: 'account' })
  readonly retention: string;

  @ApiProperty({ description: 'How long it is kept.', example: 'Until the account is erased' })
  readonly kept: string;

  @ApiProperty({ description: 'Whether it can be found by equality through a keyed hash.', example: true })
  readonly isSearchable: boolean;
}

export class ProcessingActivityResponse {
  @ApiProperty({ description: 'The room of the system that processes the data.', example: 'users' })
  readonly room: string;

  @ApiProperty({ description: 'What it reads personal data for.', type: [RegisteredPurposeResponse] })
  readonly purposes: RegisteredPurposeResponse[];

  @ApiProperty({ description: 'The personal data that it keeps.', type: [RegisteredDataResponse] })
  readonly data: RegisteredDataResponse[];
}

export class RegisterResponse {
  @ApiProperty({ description: 'Processing activities by room.', type: [ProcessingActivityResponse] })
  readonly activities: ProcessingActivityResponse[];
}
