import type { ImageKind, LiveColumn, LiveTable } from './live-schema.js';
import type { AllowedDeletion, AllowedTransition } from './transitions.js';

export interface ImageColumn {
  readonly name: string;
  readonly kind: ImageKind;
}

/** What the entities of a table say about capture; columns are database names. */
export interface TableAnnotation {
  readonly table: string;
  readonly captured: boolean;
  readonly appendOnly: boolean;
  /** Columns that appear in row images: marked, and not secret. */
  readonly imageColumns: ReadonlySet<string>;
  readonly allowedTransitions: readonly AllowedTransition[];
  readonly allowedDeletion: AllowedDeletion | undefined;
}

/** Everything that the triggers of one table are generated from. */
export interface TablePlan {
  readonly table: string;
  readonly captured: boolean;
  readonly appendOnly: boolean;
  readonly primaryKey: readonly string[];
  /** The unique keys besides the primary key. */
  readonly uniqueKeys: readonly (readonly string[])[];
  readonly columns: readonly LiveColumn[];
  readonly image: readonly ImageColumn[];
  readonly allowedTransitions: readonly AllowedTransition[];
  readonly allowedDeletion: AllowedDeletion | undefined;
  /** The database counts the primary key up by itself (SQLite's INTEGER PRIMARY KEY). */
  readonly numbersItself: boolean;
}

/**
 * Combines the live schema with the annotations. A column that the database has and no entity declares stays out of
 * the images: nobody has said whether it is a secret.
 * Throws, naming it, when a captured table has no primary key or a foreign key that cascades.
 */
export function planTables(
  live: ReadonlyMap<string, LiveTable>,
  annotations: readonly TableAnnotation[],
): TablePlan[] {
  const plans: TablePlan[] = [];
  const refusals: string[] = [];
  for (const annotation of annotations) {
    const table = live.get(annotation.table);
    if (!table || !(annotation.captured || annotation.appendOnly)) continue;
    refusals.push(...refusalsOf(table, annotation));
    plans.push({
      table: table.name,
      captured: annotation.captured,
      appendOnly: annotation.appendOnly,
      primaryKey: table.primaryKey,
      uniqueKeys: table.uniqueKeys,
      columns: table.columns,
      image: table.columns
        .filter(({ name }) => annotation.imageColumns.has(name))
        .map(({ name, kind }) => ({ name, kind })),
      allowedTransitions: annotation.allowedTransitions,
      allowedDeletion: annotation.allowedDeletion,
      numbersItself: table.numbersItself,
    });
  }
  if (refusals.length > 0)
    throw new Error(`Change capture cannot cover the schema:\n- ${refusals.join('\n- ')}`);
  return plans;
}

function refusalsOf(table: LiveTable, { captured }: TableAnnotation): string[] {
  const refusals: string[] = [];
  if (table.primaryKey.length === 0)
    refusals.push(`table ${table.name} has no primary key to name its rows by`);
  if (captured) {
    for (const { name, action } of table.cascades) {
      refusals.push(
        `foreign key ${name} of table ${table.name} does ${action}: cascades change rows without firing triggers; use RESTRICT or NO ACTION`,
      );
    }
  }
  return refusals;
}
