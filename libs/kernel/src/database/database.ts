import { Inject, Injectable } from '@nestjs/common';
import { getDataSourceToken } from '@nestjs/typeorm';
import { DataSource, type EntityManager } from 'typeorm';
import { currentUnit, type Unit } from '../unit-of-work/unit.js';
import { type Dialect, framed } from './dialects/dialect.js';
import { isOf, type OfKey } from './keyed-read.js';
import { SharedReads } from './shared-reads.js';
import { type Changes, TableSql } from './table-sql.js';

export const WRITER = 'writer';
export const READER = 'reader';
export const DIALECT = 'steward.dialect';

/** Runs a SELECT with `?` placeholders on one moment of the database. */
export type SnapshotQuery = <Row = Record<string, unknown>>(
  sql: string,
  parameters?: readonly unknown[],
) => Promise<Row[]>;

/** The way to the data: the open unit of work's transaction, else the read-only source. */
@Injectable()
export class Database {
  private readonly tables = new Map<new () => object, unknown>();
  private readonly shared: SharedReads;

  constructor(
    @Inject(getDataSourceToken(READER)) private readonly reader: DataSource,
    @Inject(DIALECT) readonly dialect: Dialect,
  ) {
    this.shared = new SharedReads({
      together: (statements) => dialect.readTogether(reader, statements),
      isMistake: (error) => dialect.isMistake(error),
    });
  }

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
   * As {@link query}, for a short SELECT by key on a hot path: outside a unit it shares its round trip with others that
   * are asked for at the same moment.
   */
  async lookUp<Row = Record<string, unknown>>(
    sql: string,
    parameters: readonly unknown[] = [],
  ): Promise<Row[]> {
    if (currentUnit()) return this.query<Row>(sql, parameters);
    return (await this.shared.read({ sql, parameters: parameters.map(this.dialect.parameter) })) as Row[];
  }

  /**
   * As {@link lookUp}, for the rows of one key out of a SELECT for many: those that are asked for with the same SQL at the
   * same moment are one statement. The SQL takes the keys, which are text, in its only placeholder, `IN (?)`, and gives
   * the key that a row belongs to as `forKey`.
   */
  lookUpEach<Row>(sql: string, key: string): Promise<readonly Row[]> {
    const rows = currentUnit()
      ? this.query<OfKey>(sql, [key]).then((found) => found.filter(isOf(key)))
      : this.shared.readEach(sql, key);
    return rows as Promise<Row[]>;
  }

  /**
   * The entities with these values, by {@link lookUp}: for hot paths, without a query builder. `rest` goes on in SQL,
   * beginning with AND or ORDER BY.
   */
  async select<Row extends object>(
    entity: new () => Row,
    where: Partial<Row>,
    rest = '',
    parameters: readonly unknown[] = [],
  ): Promise<Row[]> {
    const table = this.sqlOf(entity);
    const statement = table.select(where, rest, parameters);
    return (await this.lookUp(statement.sql, statement.parameters)).map((values) => table.hydrate(values));
  }

  /**
   * Inserts `row`, which has every column set, at the end of the open unit, in one round trip with what else waits
   * there. For hot paths: statements before the end of the unit do not see the row, and its errors come from the unit.
   */
  insertLater<Row extends object>(entity: new () => Row, row: Row): void {
    const table = this.sqlOf(entity);
    this.openUnit(entity).appendShared(table.insert, table.valuesOf(row));
  }

  /**
   * Changes the one row with these values at the end of the open unit, as {@link insertLater} does. When there is no
   * such row, because somebody else was faster, the unit fails with `MissedUpdate`.
   */
  updateLater<Row extends object>(entity: new () => Row, where: Partial<Row>, changes: Changes<Row>): void {
    const { sql, parameters } = this.sqlOf(entity).update(where, changes);
    this.openUnit(entity).append(sql, parameters, { mustHit: true });
  }

  /** Deletes the row with this id at the end of the open unit; when there is none, it is as with {@link updateLater}. */
  deleteLater<Row extends { id: string }>(entity: new () => Row, id: string): void {
    const { deleteById, isCaptured } = this.sqlOf(entity);
    const unit = this.openUnit(entity);
    if (isCaptured) unit.append(framed(deleteById, [id]), [id], { mustHit: true });
    else unit.appendShared(deleteById, [id]);
  }

  /**
   * Lets `work` look at one moment of the whole database for as long as it takes, through a read-only connection of its
   * own. The database keeps what is overwritten meanwhile: for verifying and exporting, not for requests.
   */
  async snapshot<T>(work: (query: SnapshotQuery) => Promise<T>): Promise<T> {
    const source = await new DataSource(this.reader.options).initialize();
    try {
      const runner = source.createQueryRunner();
      await this.dialect.beginSnapshot(runner);
      return await work((sql, parameters = []) => runner.query(sql, parameters.map(this.dialect.parameter)));
    } finally {
      // Ends the transaction with the connection.
      await source.destroy();
    }
  }

  /** The table of an entity. */
  tableOf(entity: new () => object): string {
    return this.reader.getMetadata(entity).tableName;
  }

  /** TypeORM's metadata of every registered entity. */
  get entities() {
    return this.reader.entityMetadatas;
  }

  private openUnit(entity: new () => object): Unit {
    const unit = currentUnit();
    if (!unit) throw new Error(`A ${entity.name} is written inside a unit of work`);
    return unit;
  }

  private sqlOf<Row extends object>(entity: new () => Row): TableSql<Row> {
    const known = this.tables.get(entity) ?? new TableSql(entity, this.reader, this.dialect);
    this.tables.set(entity, known);
    return known as TableSql<Row>;
  }
}
