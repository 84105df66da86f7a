import type { Type } from '@nestjs/common';
import type { MigrationInterface } from 'typeorm';
import type { ConfigDefinition } from '../config/define-config.js';
import type { ErrorCatalogue } from '../errors/problem.js';
import type { DomainEventType } from '../outbox/domain-event.js';

/** The permissions of a room: code to what it allows, in words. */
export interface PermissionCatalogue {
  readonly room: string;
  readonly permissions: Readonly<Record<string, string>>;
}

/** A purpose for which personal data is read (GDPR Article 5(1)(b)) and its legal basis (Article 6(1)). */
export interface PurposeDefinition {
  readonly description: string;
  readonly legalBasis:
    'consent' | 'contract' | 'legal-obligation' | 'vital-interests' | 'public-task' | 'legitimate-interests';
}

/** All that a room brings to the system, told in one place. */
export interface Feature {
  readonly name: string;
  readonly entities?: readonly Type[];
  readonly migrations?: readonly Type<MigrationInterface>[];
  readonly errors?: ErrorCatalogue;
  readonly permissions?: PermissionCatalogue;
  readonly purposes?: Readonly<Record<string, PurposeDefinition>>;
  readonly events?: readonly DomainEventType[];
  readonly config?: readonly ConfigDefinition[];
  /** What routes of other rooms can answer because of this one: codes of problems, by operation id. */
  readonly problems?: Readonly<Record<string, readonly string[]>>;
}

const registry = new Map<string, Feature>();

/** Adds a room; the same name replaces an earlier registration. */
export function registerFeature(definition: Feature): void {
  registry.set(definition.name, definition);
}

/** Every registered room, in the order of registration. */
export function features(): readonly Feature[] {
  return [...registry.values()];
}

/** The entities of every registered room. */
export const registeredEntities = (): Type[] => features().flatMap((each) => [...(each.entities ?? [])]);

/** The migrations of every registered room; TypeORM runs them in the order of their timestamps. */
export const registeredMigrations = (): Type<MigrationInterface>[] =>
  features().flatMap((each) => [...(each.migrations ?? [])]);
