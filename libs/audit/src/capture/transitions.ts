import type { LiveColumn } from './live-schema.js';

/**
 * A change of a row that a guarded table lets through. Every column that is not named stays as it was; every condition
 * must hold.
 */
export interface AllowedTransition {
  /** Columns that the row must hold NULL in before. */
  readonly whileNull?: readonly string[];
  /** Columns that the row must hold something in before. */
  readonly onceSet?: readonly string[];
  /** Columns that get a value, all of them. */
  readonly sets?: readonly string[];
  /** Columns that become NULL, all of them. */
  readonly clears?: readonly string[];
}

/** A row of a guarded table may be deleted when the row of another table that it belongs to allows it. */
export interface AllowedDeletion {
  readonly owner: string;
  /** The owner's columns, and those of the deleted row that must be equal. */
  readonly match: Readonly<Record<string, string>>;
  readonly ownerSet: readonly string[];
  readonly ownerNull: readonly string[];
}

/** What differs between the databases in the conditions of guards. */
export interface GuardSql {
  quoted(name: string): string;
  /** The column holds the same bytes before and after. */
  same(column: LiveColumn): string;
}

/** The conditions under any of which an UPDATE is let through. */
export function transitionConditions(
  transitions: readonly AllowedTransition[],
  columns: readonly LiveColumn[],
  sql: GuardSql,
): string[] {
  return transitions.map(({ whileNull = [], onceSet = [], sets = [], clears = [] }) => {
    const free = new Set([...sets, ...clears]);
    const conditions = [
      ...whileNull.map((name) => `OLD.${sql.quoted(name)} IS NULL`),
      ...onceSet.map((name) => `OLD.${sql.quoted(name)} IS NOT NULL`),
      ...sets.map((name) => `NEW.${sql.quoted(name)} IS NOT NULL`),
      ...clears.map((name) => `NEW.${sql.quoted(name)} IS NULL`),
      ...columns.filter(({ name }) => !free.has(name)).map((column) => sql.same(column)),
    ];
    return `(${conditions.join(' AND ')})`;
  });
}

/** The condition, if any, under which a DELETE is let through. */
export function deletionConditions(deletion: AllowedDeletion | undefined, sql: GuardSql): string[] {
  if (!deletion) return [];
  const { owner, match, ownerSet, ownerNull } = deletion;
  const conditions = [
    ...Object.entries(match).map(([own, column]) => `o.${sql.quoted(own)} = OLD.${sql.quoted(column)}`),
    ...ownerSet.map((name) => `o.${sql.quoted(name)} IS NOT NULL`),
    ...ownerNull.map((name) => `o.${sql.quoted(name)} IS NULL`),
  ];
  return [`EXISTS (SELECT 1 FROM ${sql.quoted(owner)} o WHERE ${conditions.join(' AND ')})`];
}
