import { Injectable } from '@nestjs/common';
import { features, type PermissionCatalogue } from '../../features/registry.js';

const PERMISSION = /^[a-z][a-z0-9-]*(\.[a-z][a-z0-9_-]*)+$/;

/**
 * Declares the permissions of a room: dotted `room.verb` codes and what each one allows, in words. A code never
 * changes its meaning once published, for roles in the database hold it.
 */
export function definePermissions<const Permissions extends Readonly<Record<string, string>>>(
  room: string,
  permissions: Permissions,
): PermissionCatalogue & { readonly permissions: Permissions } {
  for (const code of Object.keys(permissions)) {
    if (!code.startsWith(`${room}.`) || !PERMISSION.test(code)) {
      throw new Error(`Permission "${code}" must be dotted lower-case words that begin with "${room}."`);
    }
  }
  return { room, permissions };
}

export interface Permission {
  readonly code: string;
  readonly room: string;
  readonly description: string;
}

/** Every permission that a registered room declares. */
@Injectable()
export class PermissionRegistry {
  /** All permissions, in the order of the rooms. */
  all(): readonly Permission[] {
    return features().flatMap(({ permissions }) =>
      permissions === undefined
        ? []
        : Object.entries(permissions.permissions).map(([code, description]) => ({
            code,
            room: permissions.room,
            description,
          })),
    );
  }

  has(code: string): boolean {
    return features().some(
      ({ permissions }) => permissions !== undefined && Object.hasOwn(permissions.permissions, code),
    );
  }
}
