import { ApiPropertyOptional } from '@nestjs/swagger';
import { IsIn, IsString, Matches, MaxLength, ValidateIf } from 'class-validator';

/** Asks for what is sealed in an entry; that request is itself put on the record. */
export class RevealQuery {
  @ApiPropertyOptional({
    type: 'string',
    enum: ['clientAddress'],
    description:
      'The sealed field to open. It needs a purpose, and leaves an entry `vault.reveal` of its own.',
  })
  @ValidateIf(({ reveal }: RevealQuery) => reveal !== undefined)
  @IsIn(['clientAddress'])
  readonly reveal?: 'clientAddress';

  @ApiPropertyOptional({
    type: 'string',
    maxLength: 100,
    pattern: '^[a-z][a-z0-9_.-]*$',
    example: 'audit.investigation',
    description: 'What the revealed data is needed for; required with `reveal`.',
  })
  @ValidateIf(({ reveal, revealPurpose }: RevealQuery) => reveal !== undefined || revealPurpose !== undefined)
  @IsString()
  @MaxLength(100)
  @Matches(/^[a-z][a-z0-9_.-]*$/)
  readonly revealPurpose?: string;
}
