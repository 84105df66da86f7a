import type { DataSource, DataSourceOptions, QueryRunner } from 'typeorm';
import type { KernelConfig } from '../../config/kernel.config.js';

/** A statement with `?` placeholders. */
export interface Statement {
  readonly sql: string;
  readonly parameters: readonly unknown[];
  /** How many rows the statement must change; else it fails with an error that {@link Dialect.isMissed} knows. */
  readonly mustHit?: number | undefined;
  /** The statement around its one list of values, where it may share it with others; see {@link Frame}. */
  readonly frame?: Frame;
}

/**
 * What stands before and behind a list of values, `(?, ?)`, in a statement that nothing else in its transaction depends
 * on and that says of many such lists what it says of one. Made once: statements with the very same frame may go
 * together.
 */
export interface Frame {
  readonly before: string;
  readonly after?: string;
  /** Each list has to change one row. */
  readonly mustHit?: boolean;
  /** An INSERT into a captured table: each list under the attribution of its own unit. Other changes cannot be shared. */
  readonly isCaptured?: boolean;
}

/** A unit that is nothing but its tail: everything it writes, known before its transaction begins. */
export interface WholeUnit {
  /** What its row changes are attributed to; null: to nothing. */
  readonly entryId: string | null;
  readonly tail: readonly Statement[];
}

/** All that differs between the databases; the only place where SQL is written per dialect. */
export interface Dialect {
  readonly name: 'sqlite' | 'mysql';
  /** Units wait for one another in this process, first in first out, because they share one connection. */
  readonly serialUnits: boolean;
  /** The source that units of work write through. */
  writer(config: KernelConfig): DataSourceOptions;
  /** The source for everything outside a unit; the database itself refuses writes on it. */
  reader(config: KernelConfig): DataSourceOptions;
  /** The source that changes the schema. */
  migrator(config: KernelConfig): DataSourceOptions;
  /** Opens a transaction that takes its locks early, and attributes its row changes to `entryId` (null: to nothing). */
  begin(runner: QueryRunner, entryId: string | null): Promise<void>;
  /** Runs `tail` in order, clears the attribution and commits. */
  commit(runner: QueryRunner, tail: readonly Statement[]): Promise<void>;
  /** Units that are nothing but their tails, in one transaction and in one go, all or none; each under its own attribution. */
  write(writer: DataSource, units: readonly WholeUnit[]): Promise<void>;
  /** Rolls back what failed with `error`, and leaves no attribution behind. */
  rollback(runner: QueryRunner, error: unknown): Promise<void>;
  /** A lost race: the unit as a whole may be tried again. */
  isRetryable(error: unknown): boolean;
  /** The transaction, or the connection under it, is gone. */
  isFatal(error: unknown): boolean;
  isUniqueViolation(error: unknown): boolean;
  /** The statement itself is wrong; another one on the same connection at the same moment is not touched by it. */
  isMistake(error: unknown): boolean;
  /** A statement changed another number of rows than it {@link Statement.mustHit | must hit}. */
  isMissed(error: unknown): boolean;
  /** Opens a transaction on a connection of the reader in which every SELECT sees the same moment. */
  beginSnapshot(runner: QueryRunner): Promise<void>;
  /** Runs SELECTs in order on the reader, in one round trip, and gives the rows of each. */
  readTogether(reader: DataSource, statements: readonly Statement[]): Promise<unknown[][]>;
  /** A DELETE around ids, each of which has to be there; it looks at no rows but theirs. */
  deleteById(table: string): Frame;
  /** Turns an INSERT whose `key` is taken into an update; the assignments follow. */
  onConflict(key: readonly string[]): string;
  /** The value as the driver takes it. */
  parameter(value: unknown): unknown;
  /** Clause that locks rows and passes over those that others hold. */
  readonly skipLocked: string;
  /** Makes deleted bytes leave the files, where the database leaves that to us. */
  scrub(runner: QueryRunner): Promise<void>;
  /** Runs `work` while no other instance migrates. */
  exclusively<T>(runner: QueryRunner, work: () => Promise<T>): Promise<T>;
}

/** The driver's error code, looked for in TypeORM's wrapper as well. */
export function driverCode(error: unknown): string | number | undefined {
  const candidate = error as {
    code?: string;
    errno?: number;
    driverError?: { code?: string; errno?: number };
  };
  return candidate?.driverError?.code ?? candidate?.code;
}

/** The driver's error number, looked for in TypeORM's wrapper as well. */
export function driverNumber(error: unknown): number | undefined {
  const candidate = error as { errno?: number; driverError?: { errno?: number } };
  return candidate?.driverError?.errno ?? candidate?.errno;
}

/** The SQLSTATE of an error that the server answered with, looked for in TypeORM's wrapper as well. */
export function sqlState(error: unknown): string | undefined {
  const candidate = error as { sqlState?: string; driverError?: { sqlState?: string } };
  return candidate?.driverError?.sqlState ?? candidate?.sqlState;
}

/** Marks the transaction that we began ourselves as open, so that TypeORM opens none of its own inside it. */
export function markTransaction(runner: QueryRunner, open: boolean): void {
  Object.assign(runner, { isTransactionActive: open, transactionDepth: open ? 1 : 0 });
}

const lists = new Map<number, string>();

/** A list of so many values in SQL: `(?, ?)`. */
export function listOf({ length }: readonly unknown[]): string {
  const known = lists.get(length);
  if (known !== undefined) return known;
  const list = `(${Array<string>(length).fill('?').join(', ')})`;
  lists.set(length, list);
  return list;
}

/** A frame with one list in it. */
export const framed = ({ before, after = '' }: Frame, values: readonly unknown[]): string =>
  `${before} ${listOf(values)} ${after}`;
