import { type FactoryProvider, Inject, type Type } from '@nestjs/common';
import type { EntityManager, ObjectLiteral, Repository } from 'typeorm';
import { Database } from './database.js';

/** The injection token of an entity's repository. */
export const repositoryToken = (entity: Type): string => `steward.repository.${entity.name}`;

/** Injects the repository of an entity: of the open unit of work inside one, else of the read-only source. */
export const InjectRepository = (entity: Type): ParameterDecorator => Inject(repositoryToken(entity));

/** Provides the repository of an entity; each access resolves anew, so one injected instance serves every unit. */
export const repositoryProvider = (entity: Type): FactoryProvider => ({
  provide: repositoryToken(entity),
  inject: [Database],
  useFactory: (database: Database) => routedRepository(database, entity),
});

function routedRepository<Entity extends ObjectLiteral>(
  database: Database,
  entity: Type<Entity>,
): Repository<Entity> {
  // One bound method per name and manager: the reader's live as long as the application, a unit's as long as the unit.
  const bound = new WeakMap<EntityManager, Map<PropertyKey, unknown>>();
  const resolve = (manager: EntityManager, property: PropertyKey): unknown => {
    const repository = manager.getRepository(entity);
    const value: unknown = Reflect.get(repository, property, repository);
    return typeof value === 'function' ? (value as (...args: unknown[]) => unknown).bind(repository) : value;
  };
  return new Proxy({} as Repository<Entity>, {
    get(_target, property) {
      // Nest asks every provider whether it is a promise or has a lifecycle hook.
      if (property === 'then' || (typeof property === 'string' && property.startsWith('on')))
        return undefined;
      const { manager } = database;
      const known = bound.get(manager) ?? new Map<PropertyKey, unknown>();
      bound.set(manager, known);
      if (!known.has(property)) known.set(property, resolve(manager, property));
      return known.get(property);
    },
  });
}
