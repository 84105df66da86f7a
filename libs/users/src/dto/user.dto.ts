import { Field, LineField, PageQuery, TextField } from '#kernel';
import { ArrayMaxSize, ArrayUnique, IsArray, Matches } from 'class-validator';
import { ROLE_KEY } from './role-key.js';
import { VersionField } from './version-field.js';

const MAX_ROLES = 50;

export class UpdateMyProfileRequest {
  @LineField({ maxLength: 200, description: 'Your name, as you write it.', example: 'Ada Lovelace' })
  readonly name: string;

  @VersionField(
    'The version you read. When the profile has changed since, the answer is 409 and nothing is overwritten.',
  )
  readonly version?: number;
}

export class ListUsersQuery extends PageQuery {
  @TextField({
    maxLength: 254,
    optional: true,
    description: 'Only the account with exactly this e-mail address (upper and lower case are the same).',
    example: 'ada@example.com',
  })
  readonly email?: string;
}

export class SetUserRolesRequest {
  @Field(
    {
      description: 'The keys of all roles that the account holds from now on.',
      example: ['customer', 'auditor'],
    },
    { type: [String], maxItems: MAX_ROLES },
    IsArray(),
    ArrayMaxSize(MAX_ROLES),
    ArrayUnique(),
    Matches(ROLE_KEY, { each: true, message: 'each must be the key of a role' }),
  )
  readonly roles: string[];
}
