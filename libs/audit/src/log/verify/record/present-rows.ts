import { type CaptureDialect, captureDialect } from '../../../capture/capture-dialect.js';
import { beyondKey, keyParameters } from '../../../capture/key-range.js';
import type { TablePlan } from '../../../capture/table-plan.js';
import type { RecordAt } from './record-rows.js';

/** A row as it is at present, as a trigger would write it down. */
export interface PresentRow {
  readonly row: string;
  readonly image: string;
}

const ROWS_AT_A_TIME = 1_000;

/** The rows of a captured table, page by page. */
export async function* presentRows(
  { query, dialect: name }: RecordAt,
  { table, primaryKey, image }: TablePlan,
): AsyncGenerator<readonly PresentRow[], void> {
  const dialect = captureDialect(name);
  const keys = primaryKey.map((key) => dialect.quoted(key));
  const aliases = keys.map((key, index) => `${key} AS k${index}`);
  const source = `SELECT ${asPresent(dialect, primaryKey, image)}, ${aliases.join(', ')} FROM ${dialect.quoted(table)} r`;
  const order = `ORDER BY ${keys.join(', ')} LIMIT ${ROWS_AT_A_TIME}`;
  const beyond = beyondKey(primaryKey, dialect.quoted);
  let page = await query<PresentRow & Record<string, unknown>>(`${source} ${order}`);
  for (;;) {
    if (page.length > 0) yield page;
    const last = page.at(-1);
    if (!last || page.length < ROWS_AT_A_TIME) return;
    const key = primaryKey.map((_, index) => last[`k${index}`]);
    page = await query(`${source} WHERE ${beyond} ${order}`, keyParameters(key));
  }
}

/** One row of a captured table by the id that its changes name it by; undefined when it is not there. */
export async function presentRow(
  { query, dialect: name }: RecordAt,
  { table, primaryKey, image }: TablePlan,
  row: string,
): Promise<PresentRow | undefined> {
  const dialect = captureDialect(name);
  const key: unknown = primaryKey.length === 1 ? [row] : JSON.parse(row);
  if (!Array.isArray(key)) return undefined;
  const where = primaryKey.map((column) => `${dialect.quoted(column)} = ?`).join(' AND ');
  const found = await query<PresentRow>(
    `SELECT ${asPresent(dialect, primaryKey, image)} FROM ${dialect.quoted(table)} r WHERE ${where}`,
    key,
  );
  return found.find((each) => each.row === row);
}

const asPresent = (
  dialect: CaptureDialect,
  primaryKey: TablePlan['primaryKey'],
  image: TablePlan['image'],
): string =>
  `${dialect.rowId(primaryKey, 'r')} AS ${dialect.quoted('row')}, ${dialect.image(image, 'r')} AS image`;
