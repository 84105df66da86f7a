import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsOptional,
  IsString,
  MaxLength,
  Min,
} from 'class-validator';
import { PageQuery } from '#kernel';
import { IsVisibleText } from './visible-text.js';

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
    description:
      'The version you read. When the profile has changed since, the answer is 409 and nothing is overwritten.',
  })
  @IsOptional()
  @IsInt()
  @Min(1)
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
  @IsString({ each: true })
  @MaxLength(40, { each: true })
  readonly roles: string[];
}
