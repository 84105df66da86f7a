import { ApiProperty } from '@nestjs/swagger';
import { PageOf } from '#kernel';

const USER_ID = 'usr_01k4z0q8b6f7e9a2c3d4e5f6g7';

export class ProfileResponse {
  @ApiProperty({ example: USER_ID, description: 'Your id.' })
  readonly id: string;

  @ApiProperty({ example: 'ada@example.com', description: 'Your verified e-mail address.' })
  readonly email: string;

  @ApiProperty({ example: 'Ada Lovelace', description: 'Your name.' })
  readonly name: string;

  @ApiProperty({
    example: ['users.read'],
    type: [String],
    description: 'What you may do, from all your roles together.',
  })
  readonly permissions: string[];

  @ApiProperty({
    example: 1,
    type: 'integer',
    description: 'Counts the changes of the profile; send it back with a change.',
  })
  readonly version: number;

  @ApiProperty({
    example: '2026-11-22T09:30:00.000Z',
    format: 'date-time',
    description: 'When the account was made.',
  })
  readonly createdAt: string;

  @ApiProperty({
    example: '2026-11-22T09:30:00.000Z',
    format: 'date-time',
    description: 'When the account last changed.',
  })
  readonly updatedAt: string;
}

export class UserResponse {
  @ApiProperty({ example: USER_ID, description: 'The id of the account.' })
  readonly id: string;

  @ApiProperty({
    example: 'ada@example.com',
    type: String,
    nullable: true,
    description: 'The verified e-mail address; null once the person was erased.',
  })
  readonly email: string | null;

  @ApiProperty({
    example: 'Ada Lovelace',
    type: String,
    nullable: true,
    description: 'The name; null once the person was erased.',
  })
  readonly name: string | null;

  @ApiProperty({ example: true, description: 'Whether the person can log in and act.' })
  readonly isActive: boolean;

  @ApiProperty({
    example: ['customer'],
    type: [String],
    description: 'The keys of the roles that the account holds.',
  })
  readonly roles: string[];

  @ApiProperty({
    example: null,
    type: String,
    format: 'date-time',
    nullable: true,
    description: 'When the person was erased; null while they are not.',
  })
  readonly erasedAt: string | null;

  @ApiProperty({ example: 1, type: 'integer', description: 'Counts the changes of the account.' })
  readonly version: number;

  @ApiProperty({
    example: '2026-11-22T09:30:00.000Z',
    format: 'date-time',
    description: 'When the account was made.',
  })
  readonly createdAt: string;

  @ApiProperty({
    example: '2026-11-22T09:30:00.000Z',
    format: 'date-time',
    description: 'When the account last changed.',
  })
  readonly updatedAt: string;
}

export const UserPage = PageOf(UserResponse);

export class UserRolesResponse {
  @ApiProperty({
    example: ['customer', 'auditor'],
    type: [String],
    description: 'The keys of the roles now held.',
  })
  readonly roles: string[];
}
