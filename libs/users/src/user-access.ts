import { Injectable } from '@nestjs/common';
import { Database } from '#kernel';
import { DeclaredPermissions } from './declared-permissions.js';

/** What a user may do at this moment. */
export interface UserAccess {
  readonly id: string;
  readonly isActive: boolean;
  readonly permissions: ReadonlySet<string>;
}

interface AccessRow {
  readonly isActive: number;
  readonly permissions: string | null;
}

const ACCESS = `
  SELECT u.id AS forKey, u.is_active AS isActive, r.permissions AS permissions
  FROM user u
  LEFT JOIN user_role ur ON ur.user_id = u.id
  LEFT JOIN role r ON r.id = ur.role_id
  WHERE u.id IN (?)`;

/**
 * Reads whether an account is active and what it may do. Every authenticated request asks, uncached, so that
 * deactivation and changed roles hold from the next request; hence one hand-written query by primary key, which requests
 * of the same moment share.
 */
@Injectable()
export class UserAccessReader {
  constructor(
    private readonly database: Database,
    private readonly permissions: DeclaredPermissions,
  ) {}

  async find(userId: string): Promise<UserAccess | undefined> {
    const rows = await this.database.lookUpEach<AccessRow>(ACCESS, userId);
    const [first] = rows;
    if (!first) return undefined;
    const roles = rows.flatMap((row) => (row.permissions === null ? [] : [row.permissions]));
    return { id: userId, isActive: Boolean(first.isActive), permissions: this.permissions.union(roles) };
  }
}
