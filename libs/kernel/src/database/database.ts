import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, EntityManager, EntityMetadata } from 'typeorm';
import { currentUnit } from '../unit-of-work/unit.js';
import type { Dialect } from './dialects/dialect.js';

export const WRITER = 'writer';
export const READER = 'reader';
export const DIALECT = 'steward.dialect';

/** How rows of one entity are inserted. */
interface Insertion {
  readonly sql: string;
  readonly columns: EntityMetadata['columns'];
}

/** The way to the data: the open unit of work's transaction, else the read-only source. */
@Injectable()
export class Database {
  private readonly insertions = new Map<new () => object, Insertion>();
  constructor(
    @Inject(getDataSourceToken(READER)) private readonly reader: DataSource,
    @Inject(DIALECT) readonly dialect: Dialect,
  ) {}

  /** The open unit's manager, else that of the read-only source. */
  get manager(): EntityManager {
    return currentUnit()?.manager ?? this.reader.manager;
  }

  /** Runs a statement with `?` placeholders where {@link manager} points; rows come back as plain objects. */
  async query<Row = Record<string, unknown>>(
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<Row[]> {
    return this.manager.query<Row[]>(sql, parameters.map(this.dialect.parameter));
  }

  /**
   * Inserts `row`, which has every column set, at the end of the open unit, in one round trip with what else waits
   * there. For hot paths: statements before the end of the unit do not see the row, and its errors come from the unit.
   */
  insertLater<Row extends object>(entity: new () => Row, row: Row): void {
    const unit = currentUnit();
    if (!unit) throw new Error(`A ${entity.name} is inserted inside a unit of work`);
    const { sql, columns } = this.insertionOf(entity);
    const { driver } = this.reader;
    const value = (column: Insertion['columns'][number]): unknown =>
      driver.preparePersistentValue(column.getEntityValue(row), column) ?? null;
    unit.append(sql, columns.map(value));
  }

  /** The table of an entity. */
  tableOf(entity: new () => object): string {
    return this.reader.getMetadata(entity).tableName;
  }

  /** TypeORM's metadata of every registered entity. */
  get entities() {
    return this.reader.entityMetadatas;
  }

  private insertionOf(entity: new () => object): Insertion {
    const known = this.insertions.get(entity);
    if (known) return known;
    const { tablePath, columns } = this.reader.getMetadata(entity);
    const { driver } = this.reader;
    const names = columns.map(({ databaseName }) => driver.escape(databaseName)).join(', ');
    const marks = columns.map(() => '?').join(', ');
    const insertion = {
      sql: `INSERT INTO ${driver.escape(tablePath)} (${names}) VALUES (${marks})`,
      columns,
    };
    this.insertions.set(entity, insertion);
    return insertion;
  }
}
