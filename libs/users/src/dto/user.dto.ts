import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  Matches,
  Max,
  MaxLength,
  Min,
} from 'class-validator';
import { MayBeAbsent, PageQuery } from '#kernel';
import { ROLE_KEY } from './params.js';
import { IsVisibleText } from './visible-text.js';

/** What no row reaches, and every database can compare. */
export const MAX_VERSION = 2_147_483_647;

export class UpdateMyProfileRequest {
  @ApiProperty({
    example: 'Ada Lovelace',
    minLength: 1,
    maxLength: 200,
    description: 'Your name, as you write it.',
  })
  @IsVisibleText(200)
  readonly name: string;

  @ApiPropertyOptional({
    example: 1,
    type: 'integer',
    minimum: 1,
    maximum: MAX_VERSION,
    description:
      'The version you read. When the profile has changed since, the answer is 409 and nothing is overwritten.',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MAX_VERSION)
  readonly version?: number;
}

export class ListUsersQuery extends PageQuery {
  @ApiPropertyOptional({
    example: 'ada@example.com',
    maxLength: 254,
    description: 'Only the account with exactly this e-mail address (upper and lower case are the same).',
  })
  @IsOptional()
  @IsString()
  @MaxLength(254)
  readonly email?: string;
}

export class SetUserRolesRequest {
  @ApiProperty({
    example: ['customer', 'auditor'],
    type: [String],
    maxItems: 50,
    description: 'The keys of all roles that the account holds from now on.',
  })
  @IsArray()
  @ArrayMaxSize(50)
  @ArrayUnique()
  @Matches(ROLE_KEY, { each: true, message: 'each must be the key of a role' })
  readonly roles: string[];
}
