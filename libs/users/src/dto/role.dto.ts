import { Field, IsReadable, LineField, PatternField, TextField, Trimmed } from '#kernel';
import { ArrayMaxSize, ArrayUnique, IsArray, IsString, MaxLength } from 'class-validator';
import { ROLE_KEY } from './role-key.js';
import { VersionField } from './version-field.js';

const MAX_PERMISSIONS = 500;

class RoleContent {
  @LineField({ maxLength: 100, description: 'What people call the role.', example: 'Support' })
  readonly name: string;

  @TextField(
    {
      maxLength: 500,
      description: 'Who should hold the role, and what for.',
      example: 'Answers customers and looks at their payments.',
    },
    Trimmed(),
    IsReadable(),
  )
  readonly description: string;

  @Field(
    {
      description: 'The permissions that the role gives; list the permissions to see which exist.',
      example: ['users.read'],
    },
    { type: [String], maxItems: MAX_PERMISSIONS },
    IsArray(),
    ArrayMaxSize(MAX_PERMISSIONS),
    ArrayUnique(),
    IsString({ each: true }),
    MaxLength(100, { each: true }),
  )
  readonly permissions: string[];
}

export class CreateRoleRequest extends RoleContent {
  @PatternField({
    pattern: ROLE_KEY,
    rule: 'must be 2 to 40 lower-case letters, digits and underscores, beginning with a letter',
    description: 'The key of the role: lower-case letters, digits and underscores. It never changes.',
    example: 'support',
  })
  readonly key: string;
}

export class UpdateRoleRequest extends RoleContent {
  @VersionField('The version you read. When the role has changed since, the answer is 409.')
  readonly version?: number;
}
