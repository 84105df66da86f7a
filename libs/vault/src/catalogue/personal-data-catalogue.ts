import { Injectable, type OnModuleInit, type Type } from '@nestjs/common';
import { Database } from '#kernel';
import type { ValuePlace } from '../crypto/binding.js';
import { type CatalogueEntry, readEntity, type ReadEntity } from './read-entity.js';

export type { CatalogueEntry };

/** All personal data of the system, read from the annotations on its entities. */
@Injectable()
export class PersonalDataCatalogue implements OnModuleInit {
  private readonly entities: readonly ReadEntity[];
  private readonly byEntity: ReadonlyMap<unknown, ReadEntity>;

  constructor(database: Database) {
    this.entities = database.entities.map(readEntity);
    this.byEntity = new Map(this.entities.map((entity) => [entity.type, entity]));
  }

  /** Stops the boot, naming every column that carries no mark and every annotation that cannot work. */
  onModuleInit(): void {
    const faults = [
      ...this.entities.flatMap((entity) => entity.faults),
      ...this.sharedIds(),
      ...this.strayDestinations(),
    ];
    if (faults.length > 0) {
      throw new Error(
        `The classification of personal data has faults:\n${faults.map((line) => `  - ${line}`).join('\n')}`,
      );
    }
  }

  /** Every personal column, ordered by annotation id. */
  entries(): readonly CatalogueEntry[] {
    return this.entities
      .flatMap((entity) => [...entity.entries.values()])
      .sort((left, right) => (left.id < right.id ? -1 : 1));
  }

  /** The entities that hold personal data, with their entries. */
  entriesByEntity(): ReadonlyMap<Type<object>, readonly CatalogueEntry[]> {
    const found = new Map<Type<object>, CatalogueEntry[]>();
    for (const entry of this.entries()) {
      const list = found.get(entry.entity);
      if (list) list.push(entry);
      else found.set(entry.entity, [entry]);
    }
    return found;
  }

  /** The entry of a sealed property. Throws when the property is not declared as personal data. */
  entryOf(entity: unknown, property: string): CatalogueEntry {
    const entry = this.byEntity.get(entity)?.entries.get(property);
    if (entry) return entry;
    const name = typeof entity === 'function' ? entity.name : String(entity);
    throw new Error(`${name}.${property} is not a personal column of a registered entity.`);
  }

  /** Where a row's value belongs. Throws when the row has no id or no subject yet. */
  placeOf(entry: CatalogueEntry, row: object): ValuePlace {
    const subject: unknown = Reflect.get(row, entry.subject);
    if (typeof subject !== 'string' || subject === '') {
      throw new Error(
        `${entry.entityName}.${entry.subject} has to name the data subject before values are sealed.`,
      );
    }
    return { annotation: entry.sealedAs ?? entry.id, rowId: this.rowIdOf(entry, row), subject };
  }

  /** The row's primary key as one text. */
  rowIdOf(entry: CatalogueEntry, row: object): string {
    const properties = this.byEntity.get(entry.entity)?.primaryKey ?? [];
    const values = properties.map((property): unknown => Reflect.get(row, property));
    if (values.some((value) => value === undefined || value === null)) {
      throw new Error(`${entry.entityName} needs its id before values are sealed.`);
    }
    return values.length === 1 ? String(values[0]) : JSON.stringify(values.map(String));
  }

  /** What moves there has to open there, and to live as long. */
  private strayDestinations(): string[] {
    const byId = new Map(this.entries().map((entry) => [entry.id, entry]));
    return this.entries()
      .filter(
        ({ sealedAs, retention }) => sealedAs !== undefined && byId.get(sealedAs)?.retention !== retention,
      )
      .map(
        ({ entityName, property, sealedAs }) =>
          `${entityName}.${property} is sealed as "${sealedAs}", which is no column of its retention class`,
      );
  }

  private sharedIds(): string[] {
    const owners = new Map<string, string[]>();
    for (const { id, entityName, property } of this.entries()) {
      owners.set(id, [...(owners.get(id) ?? []), `${entityName}.${property}`]);
    }
    return [...owners]
      .filter(([, names]) => names.length > 1)
      .map(
        ([id, names]) => `${names.join(' and ')} share the id "${id}"; an id belongs to one column for ever`,
      );
  }
}
