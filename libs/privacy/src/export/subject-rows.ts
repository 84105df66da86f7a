import { In, MoreThan, type ObjectLiteral } from 'typeorm';
import type { Database, ExportSource } from '#kernel';
import { type ExportedEntity, propertiesOf } from './exported-entity.js';

const PAGE = 200;

export type Row = ObjectLiteral & Record<string, unknown>;

/** The rows of an entity about a person, page by page. */
export function pagesOf(
  database: Database,
  entity: ExportedEntity,
  subject: string,
): AsyncGenerator<Row[], void, undefined> {
  const { rows } = entity;
  return typeof rows === 'string'
    ? byProperty(database, entity, rows, subject)
    : bySource(database, entity, rows, subject);
}

async function* byProperty(
  database: Database,
  entity: ExportedEntity,
  property: string,
  subject: string,
): AsyncGenerator<Row[], void, undefined> {
  const order = Object.fromEntries(entity.primaryKey.map((key) => [key, 'ASC']));
  const [key] = entity.primaryKey;
  const isKeyset = key !== undefined && entity.primaryKey.length === 1 && key !== property;
  let last: unknown;
  for (let skip = 0; ; skip += PAGE) {
    const after = isKeyset && last !== undefined ? { [key]: MoreThan(last) } : {};
    const rows: Row[] = await database.manager.find(entity.type, {
      select: selectionOf(entity),
      where: { [property]: subject, ...after },
      order,
      take: PAGE,
      ...(isKeyset ? {} : { skip }),
    });
    if (rows.length > 0) yield rows;
    if (rows.length < PAGE) return;
    last = isKeyset ? rows.at(-1)?.[key] : undefined;
  }
}

async function* bySource(
  database: Database,
  entity: ExportedEntity,
  source: ExportSource,
  subject: string,
): AsyncGenerator<Row[], void, undefined> {
  const [key = 'id'] = entity.primaryKey;
  for (let last: string | undefined; ;) {
    const ids = await source.idsOf(subject, last, PAGE);
    if (ids.length === 0) return;
    const rows: Row[] = await database.manager.find(entity.type, {
      select: selectionOf(entity),
      where: { [key]: In([...ids]) },
      order: { [key]: 'ASC' },
    });
    yield rows.map((row) => without(row, source.hides(row, subject)));
    if (ids.length < PAGE) return;
    last = ids.at(-1);
  }
}

const selectionOf = (entity: ExportedEntity) =>
  Object.fromEntries(propertiesOf(entity).map((property) => [property, true]));

/** The row as an entity still, for the vault looks at its type. */
function without(row: Row, hidden: readonly string[]): Row {
  for (const property of hidden) delete row[property];
  return row;
}
