import { Injectable } from '@nestjs/common';
import { features } from '#kernel';
import { EVERY_PERMISSION } from './entities/role.entity.js';

/** Every permission that an installed room declares, with the words that explain it. */
@Injectable()
export class DeclaredPermissions {
  private declared: ReadonlyMap<string, string> | undefined;
  private everything: ReadonlySet<string> | undefined;
  private readonly parsed = new Map<string, ReadonlySet<string>>();

  /**
   * Permission to description, by key. Rooms are declared while modules load, so this is complete once the
   * application runs.
   */
  get entries(): ReadonlyMap<string, string> {
    this.declared ??= new Map(
      features()
        .flatMap((room) => Object.entries(room.permissions?.permissions ?? {}))
        .sort(([one], [other]) => (one < other ? -1 : 1)),
    );
    return this.declared;
  }

  get all(): ReadonlySet<string> {
    this.everything ??= new Set(this.entries.keys());
    return this.everything;
  }

  /**
   * What a role's stored JSON means. The result is kept by the text itself, which cannot go stale: every
   * request asks, and there are few roles.
   */
  ofRole(json: string): ReadonlySet<string> {
    const known = this.parsed.get(json);
    if (known) return known;
    const listed = JSON.parse(json) as string[];
    const meant = listed.includes(EVERY_PERMISSION) ? this.all : new Set(listed);
    if (this.parsed.size >= 1000) this.parsed.clear();
    this.parsed.set(json, meant);
    return meant;
  }

  /** All permissions of several roles together. */
  union(roles: readonly string[]): ReadonlySet<string> {
    const [first, ...others] = roles.map((json) => this.ofRole(json));
    if (!first) return new Set();
    return others.length === 0
      ? first
      : new Set([first, ...others].flatMap((permissions) => [...permissions]));
  }
}
