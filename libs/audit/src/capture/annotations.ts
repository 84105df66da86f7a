import type { EntityMetadata } from 'typeorm';
import { captureOf, classificationOf } from '#kernel';
import { DELETIONS, TRANSITIONS } from './record-guards.js';
import type { TableAnnotation } from './table-plan.js';

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
  const guards = { allowedTransitions: TRANSITIONS[table] ?? [], allowedDeletion: DELETIONS[table] };
  if (typeof entity.target !== 'function') {
    const imageColumns = new Set(entity.columns.map(({ databaseName }) => databaseName));
    return { table, captured: true, appendOnly: false, imageColumns, ...guards };
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
    ...guards,
  };
}

/** Two entities on one table: the stricter word of both holds, and what either shows is shown. */
const merged = (a: TableAnnotation, b: TableAnnotation): TableAnnotation => ({
  ...a,
  captured: a.captured || b.captured,
  appendOnly: a.appendOnly || b.appendOnly,
  imageColumns: new Set([...a.imageColumns, ...b.imageColumns]),
});
