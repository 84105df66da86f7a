import { Injectable } from '@nestjs/common';
import { Database } from '#kernel';
import { DeclaredPermissions } from './declared-permissions.js';

/** What a user may do at this moment. */
export interface UserAccess {
  readonly id: string;
  readonly isActive: boolean;
  readonly permissions: ReadonlySet<string>;
}

/** A condition in SQL that goes into the WHERE of somebody else's query. */
export interface Condition {
  readonly sql: string;
  readonly parameters: readonly unknown[];
}

interface AccessRow {
  readonly isActive: number;
  readonly permissions: string | null;
}

const ACCESS = `
  SELECT u.is_active AS isActive, r.permissions AS permissions
  FROM user u
  LEFT JOIN user_role ur ON ur.user_id = u.id
  LEFT JOIN role r ON r.id = ur.role_id
  WHERE u.id = ?`;

/**
 * Reads whether an account is active and what it may do. Every authenticated request asks, uncached, so that
 * deactivation and changed roles hold from the next request; hence one hand-written query by primary key.
 */
@Injectable()
export class UserAccessReader {
  constructor(
    private readonly database: Database,
    private readonly permissions: DeclaredPermissions,
  ) {}

  async find(userId: string, provided?: Condition): Promise<UserAccess | undefined> {
    const rows = provided
      ? await this.database.lookUp<AccessRow>(`${ACCESS} AND ${provided.sql}`, [
          userId,
          ...provided.parameters,
        ])
      : await this.database.lookUp<AccessRow>(ACCESS, [userId]);
    const [first] = rows;
    if (!first) return undefined;
    const roles = rows.flatMap((row) => (row.permissions === null ? [] : [row.permissions]));
    return { id: userId, isActive: Boolean(first.isActive), permissions: this.permissions.union(roles) };
  }
}
