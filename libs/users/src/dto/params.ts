import { ApiProperty } from '@nestjs/swagger';
import { Matches } from 'class-validator';
import { IsId } from '#kernel';

export class UserIdParam {
  @ApiProperty({ example: 'usr_01k4z0q8b6f7e9a2c3d4e5f6g7', description: 'The id of the account.' })
  @IsId('usr')
  readonly id: string;
}

/** The keys of roles: ASCII, as their column. */
export const ROLE_KEY = /^[a-z][a-z0-9_]{1,39}$/;

export class RoleKeyParam {
  @ApiProperty({ example: 'support', description: 'The key of the role.' })
  @Matches(ROLE_KEY, { message: 'must be the key of a role' })
  readonly key: string;
}
