import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import type { DataSource, EntityManager } from 'typeorm';
import { currentUnit } from '../unit-of-work/unit.js';
import type { Dialect } from './dialects/dialect.js';

export const WRITER = 'writer';
export const READER = 'reader';
export const DIALECT = 'steward.dialect';

/** The way to the data: the open unit of work's transaction, else the read-only source. */
@Injectable()
export class Database {
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

  /** The table of an entity. */
  tableOf(entity: new () => object): string {
    return this.reader.getMetadata(entity).tableName;
  }

  /** TypeORM's metadata of every registered entity. */
  get entities() {
    return this.reader.entityMetadatas;
  }
}
