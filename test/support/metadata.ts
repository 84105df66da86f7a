import { getMetadataArgsStorage } from 'typeorm';
import type { RelationMetadataArgs } from 'typeorm/metadata-args/RelationMetadataArgs.js';
import { classificationOf, features } from '#kernel';

export interface RoomEntity {
  readonly room: string;
  readonly entity: new () => object;
}

/** The entities of every registered room; importing the application's module registers the rooms. */
export function roomEntities(): RoomEntity[] {
  return features().flatMap(({ name, entities = [] }) =>
    entities.map((entity) => ({ room: name, entity: entity as new () => object })),
  );
}

export function tableOf(entity: object): string {
  return getMetadataArgsStorage().tables.find(({ target }) => target === entity)?.name ?? '(no table)';
}

/** `Entity.property` of every column that carries no mark. */
export function unmarkedColumns(): string[] {
  return roomEntities().flatMap(({ entity }) => {
    const marked = new Set(classificationOf(entity).map(({ property }) => property));
    return columnsOf(entity)
      .filter((property) => !marked.has(property))
      .map((property) => `${entity.name}.${property}`);
  });
}

/** `Entity.property` of every TypeORM relation that leads into another room, or that cascades. */
export function forbiddenRelations(): string[] {
  const roomOf = new Map(roomEntities().map(({ room, entity }) => [entity as object, room]));
  return getMetadataArgsStorage().relations.flatMap((relation) => {
    const name = `${(relation.target as { name: string }).name}.${relation.propertyName}`;
    const target = targetOf(relation);
    if (roomOf.get(relation.target as object) !== roomOf.get(target as object))
      return [`${name} leads into another room`];
    const { onDelete, onUpdate, cascade } = relation.options;
    const silent = [onDelete, onUpdate].some(
      (action) => action !== undefined && !/^(RESTRICT|NO ACTION)$/.test(action),
    );
    return silent || cascade !== undefined ? [`${name} cascades`] : [];
  });
}

function targetOf({ type }: RelationMetadataArgs): unknown {
  if (typeof type !== 'function') return type;
  // A class is named directly or through an arrow function; only the latter has no prototype.
  return 'prototype' in type && type.prototype !== undefined ? type : (type as () => unknown)();
}

/** Properties that are columns, inherited ones included. */
function columnsOf(entity: object): string[] {
  const lineage = new Set<unknown>();
  for (let type: object | null = entity; type !== null; type = Object.getPrototypeOf(type) as object | null)
    lineage.add(type);
  return getMetadataArgsStorage()
    .columns.filter(({ target }) => lineage.has(target))
    .map(({ propertyName }) => propertyName);
}
