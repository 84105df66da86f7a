import { ApiProperty, ApiPropertyOptional } from '@nestjs/swagger';
import {
  ArrayMaxSize,
  ArrayUnique,
  IsArray,
  IsInt,
  IsString,
  Matches,
  MaxLength,
  Max,
  Min,
} from 'class-validator';
import { MayBeAbsent } from '#kernel';
import { ROLE_KEY } from './params.js';
import { MAX_VERSION } from './user.dto.js';
import { IsVisibleText, Trimmed } from './visible-text.js';

class RoleContent {
  @ApiProperty({
    example: 'Support',
    minLength: 1,
    maxLength: 100,
    description: 'What people call the role.',
  })
  @IsVisibleText(100)
  readonly name: string;

  @ApiProperty({
    example: 'Answers customers and looks at their payments.',
    maxLength: 500,
    description: 'Who should hold the role, and what for.',
  })
  @Trimmed()
  @IsString()
  @MaxLength(500)
  readonly description: string;

  @ApiProperty({
    example: ['users.read'],
    type: [String],
    maxItems: 500,
    description: 'The permissions that the role gives; list the permissions to see which exist.',
  })
  @IsArray()
  @ArrayMaxSize(500)
  @ArrayUnique()
  @IsString({ each: true })
  @MaxLength(100, { each: true })
  readonly permissions: string[];
}

export class CreateRoleRequest extends RoleContent {
  @ApiProperty({
    example: 'support',
    pattern: '^[a-z][a-z0-9_]{1,39}$',
    description: 'The key of the role: lower-case letters, digits and underscores. It never changes.',
  })
  @Matches(ROLE_KEY, {
    message: 'must be 2 to 40 lower-case letters, digits and underscores, beginning with a letter',
  })
  readonly key: string;
}

export class UpdateRoleRequest extends RoleContent {
  @ApiPropertyOptional({
    example: 1,
    type: 'integer',
    minimum: 1,
    maximum: MAX_VERSION,
    description: 'The version you read. When the role has changed since, the answer is 409.',
  })
  @MayBeAbsent()
  @IsInt()
  @Min(1)
  @Max(MAX_VERSION)
  readonly version?: number;
}
