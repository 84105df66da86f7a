/** How a column appears in a row image. */
export type ImageKind = 'text' | 'number' | 'real' | 'binary' | 'bits' | 'other';

/** Runs one statement and gives its rows. */
export type Query = (sql: string, parameters?: unknown[]) => Promise<Record<string, unknown>[]>;

export interface LiveColumn {
  readonly name: string;
  readonly kind: ImageKind;
}

export interface Cascade {
  readonly name: string;
  readonly action: string;
}

/** A table as the database has it now. */
export interface LiveTable {
  readonly name: string;
  readonly columns: readonly LiveColumn[];
  readonly primaryKey: readonly string[];
  readonly uniqueKeys: readonly (readonly string[])[];
  /** Its foreign keys that do something other than refuse. */
  readonly cascades: readonly Cascade[];
  readonly numbersItself: boolean;
}

const REFUSING = new Set(['RESTRICT', 'NO ACTION']);

/** Reads the tables of an SQLite database. */
export async function readSqliteSchema(query: Query): Promise<Map<string, LiveTable>> {
  const columns = await query(
    `SELECT m.name AS t, c.name, c.type, c.pk FROM sqlite_master m, pragma_table_xinfo(m.name) c
     WHERE m.type = 'table' AND m.name NOT LIKE 'sqlite~_%' ESCAPE '~' ORDER BY m.name, c.cid`,
  );
  const uniques = await query(
    `SELECT m.name AS t, l.name AS k, i.name AS c FROM sqlite_master m, pragma_index_list(m.name) l, pragma_index_info(l.name) i
     WHERE m.type = 'table' AND l."unique" = 1 AND l.origin <> 'pk' ORDER BY m.name, l.name, i.seqno`,
  );
  const foreignKeys = await query(
    `SELECT m.name AS t, f."from" || ' -> ' || f."table" AS k, f.on_delete, f.on_update
     FROM sqlite_master m, pragma_foreign_key_list(m.name) f WHERE m.type = 'table' ORDER BY m.name, f.id, f.seq`,
  );
  const tables = new Map<string, LiveTable>();
  for (const [name, rows] of grouped(columns, 't')) {
    const key = rows.filter((row) => Number(row['pk']) > 0).sort((a, b) => Number(a['pk']) - Number(b['pk']));
    tables.set(name, {
      name,
      columns: rows.map((row) => ({ name: String(row['name']), kind: sqliteKind(String(row['type'])) })),
      primaryKey: key.map((row) => String(row['name'])),
      uniqueKeys: uniqueKeysOf(uniques.filter((row) => row['t'] === name)),
      cascades: foreignKeys.filter((row) => row['t'] === name).flatMap(cascadesOf),
      numbersItself: key.length === 1 && String(key[0]?.['type']).toLowerCase() === 'integer',
    });
  }
  return tables;
}

/** Reads the tables of the present MySQL or MariaDB schema. */
export async function readMysqlSchema(query: Query): Promise<Map<string, LiveTable>> {
  const columns = await query(
    `SELECT table_name AS t, column_name AS name, data_type AS type FROM information_schema.columns
     WHERE table_schema = DATABASE() ORDER BY table_name, ordinal_position`,
  );
  const keys = await query(
    `SELECT table_name AS t, index_name AS k, column_name AS c FROM information_schema.statistics
     WHERE table_schema = DATABASE() AND non_unique = 0 ORDER BY table_name, index_name, seq_in_index`,
  );
  const foreignKeys = await query(
    `SELECT table_name AS t, constraint_name AS k, delete_rule AS on_delete, update_rule AS on_update
     FROM information_schema.referential_constraints WHERE constraint_schema = DATABASE() ORDER BY table_name, constraint_name`,
  );
  const tables = new Map<string, LiveTable>();
  for (const [name, rows] of grouped(columns, 't')) {
    const own = keys.filter((row) => row['t'] === name);
    tables.set(name, {
      name,
      columns: rows.map((row) => ({ name: String(row['name']), kind: mysqlKind(String(row['type'])) })),
      primaryKey: own.filter((row) => row['k'] === 'PRIMARY').map((row) => String(row['c'])),
      uniqueKeys: uniqueKeysOf(own.filter((row) => row['k'] !== 'PRIMARY')),
      cascades: foreignKeys.filter((row) => row['t'] === name).flatMap(cascadesOf),
      numbersItself: false,
    });
  }
  return tables;
}

function grouped(
  rows: readonly Record<string, unknown>[],
  by: string,
): Map<string, Record<string, unknown>[]> {
  const groups = new Map<string, Record<string, unknown>[]>();
  for (const row of rows) {
    const name = String(row[by]);
    const group = groups.get(name);
    if (group) group.push(row);
    else groups.set(name, [row]);
  }
  return groups;
}

/** The column lists of unique keys; a key over an expression has no column names and is left out. */
function uniqueKeysOf(rows: readonly Record<string, unknown>[]): string[][] {
  return [...grouped(rows, 'k').values()]
    .filter((key) => key.every((row) => row['c'] !== null))
    .map((key) => key.map((row) => String(row['c'])));
}

function cascadesOf(row: Record<string, unknown>): Cascade[] {
  return (['on_delete', 'on_update'] as const)
    .filter((when) => !REFUSING.has(String(row[when]).toUpperCase()))
    .map((when) => ({
      name: String(row['k']),
      action: `${when.replace('_', ' ').toUpperCase()} ${String(row[when])}`,
    }));
}

function sqliteKind(declared: string): ImageKind {
  const type = declared.toLowerCase();
  if (/blob|binary/.test(type)) return 'binary';
  if (/real|floa|doub|decimal|numeric/.test(type)) return 'real';
  if (/int/.test(type)) return 'number';
  if (/char|clob|text|date|time/.test(type)) return 'text';
  return 'other';
}

function mysqlKind(type: string): ImageKind {
  switch (type.toLowerCase()) {
    case 'char':
    case 'varchar':
    case 'tinytext':
    case 'text':
    case 'mediumtext':
    case 'longtext':
      return 'text';
    case 'binary':
    case 'varbinary':
    case 'tinyblob':
    case 'blob':
    case 'mediumblob':
    case 'longblob':
    case 'vector':
    case 'geometry':
    case 'point':
    case 'linestring':
    case 'polygon':
    case 'multipoint':
    case 'multilinestring':
    case 'multipolygon':
    case 'geomcollection':
    case 'geometrycollection':
      return 'binary';
    case 'bit':
      return 'bits';
    case 'tinyint':
    case 'smallint':
    case 'mediumint':
    case 'int':
    case 'bigint':
    case 'decimal':
    case 'date':
    case 'datetime':
      return 'number';
    default:
      return 'other';
  }
}
