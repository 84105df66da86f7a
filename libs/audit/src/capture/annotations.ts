import type { EntityMetadata } from 'typeorm';
import { captureOf, classificationOf } from '#kernel';
import type { AllowedTransition, TableAnnotation } from './table-plan.js';

/** What may still happen to a row of the record: an entry gets its place in the log, a change gets its entry. */
const ALLOWED: Readonly<Record<string, readonly AllowedTransition[]>> = {
  audit_entry: [{ column: 'leaf_index' }],
  row_change: [{ column: 'entry_id' }],
};

/** What the registered entities say about their tables. Join tables that TypeORM makes by itself are captured whole. */
export function annotationsOf(entities: readonly EntityMetadata[]): TableAnnotation[] {
  const byTable = new Map<string, TableAnnotation>();
  for (const entity of entities) {
    if (entity.tableType === 'view') continue;
    const own = annotationOf(entity);
    const other = byTable.get(own.table);
    byTable.set(own.table, other ? merged(own, other) : own);
  }
  return [...byTable.values()].sort((a, b) => (a.table < b.table ? -1 : 1));
}

function annotationOf(entity: EntityMetadata): TableAnnotation {
  const table = entity.tableName;
  const allowedTransitions = ALLOWED[table] ?? [];
  if (typeof entity.target !== 'function') {
    const imageColumns = new Set(entity.columns.map(({ databaseName }) => databaseName));
    return { table, captured: true, appendOnly: false, imageColumns, allowedTransitions };
  }
  const { notCapturedBecause, appendOnly } = captureOf(entity.target);
  const open = new Set(
    classificationOf(entity.target)
      .filter(({ mark }) => mark !== 'secret')
      .map(({ property }) => property),
  );
  const imageColumns = entity.columns.filter(({ propertyName }) => open.has(propertyName));
  return {
    table,
    captured: notCapturedBecause === undefined,
    appendOnly,
    imageColumns: new Set(imageColumns.map(({ databaseName }) => databaseName)),
    allowedTransitions,
  };
}

/** Two entities on one table: the stricter word of both holds, and what either shows is shown. */
const merged = (a: TableAnnotation, b: TableAnnotation): TableAnnotation => ({
  ...a,
  captured: a.captured || b.captured,
  appendOnly: a.appendOnly || b.appendOnly,
  imageColumns: new Set([...a.imageColumns, ...b.imageColumns]),
});
