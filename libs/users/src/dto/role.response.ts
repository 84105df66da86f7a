import { ApiProperty } from '@nestjs/swagger';
import type { Role } from '../entities/role.entity.js';

export class RoleResponse {
  @ApiProperty({ example: 'support', description: 'The key of the role.' })
  readonly key: string;

  @ApiProperty({ example: 'Support', description: 'What people call the role.' })
  readonly name: string;

  @ApiProperty({
    example: 'Answers customers and looks at their payments.',
    description: 'Who should hold it.',
  })
  readonly description: string;

  @ApiProperty({
    example: ['users.read'],
    type: [String],
    description:
      'The permissions that the role gives; "*" stands for all, those of modules added later included.',
  })
  readonly permissions: string[];

  @ApiProperty({
    example: false,
    description: 'Whether the role came with the software and cannot be deleted.',
  })
  readonly isBuiltIn: boolean;

  @ApiProperty({ example: 1, type: 'integer', description: 'Counts the changes of the role.' })
  readonly version: number;

  static of(role: Role): RoleResponse {
    const { id, name, description, permissions, isBuiltIn, version } = role;
    return { key: id, name, description, permissions, isBuiltIn, version };
  }
}

export class RoleListResponse {
  @ApiProperty({ type: [RoleResponse], description: 'All roles, by key.' })
  readonly items: RoleResponse[];
}

export class PermissionResponse {
  @ApiProperty({ example: 'users.read', description: 'The permission, as routes and roles name it.' })
  readonly key: string;

  @ApiProperty({ example: 'List and view accounts', description: 'What it allows.' })
  readonly description: string;
}

export class PermissionListResponse {
  @ApiProperty({ type: [PermissionResponse], description: 'Everything that the installed modules declare.' })
  readonly items: PermissionResponse[];
}
