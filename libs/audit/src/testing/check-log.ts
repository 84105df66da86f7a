import { expect } from 'vitest';
import { Database } from '#kernel';
import { Keyring } from '#vault';
import { leafOf, originLeaf } from '../log/leaf/leaf.js';
import { type PayloadChange, payloadHash, payloadOf } from '../log/leaf/payload.js';
import { LogStore } from '../log/log-store.js';
import { openCheckpoint } from '../log/note/checkpoint.js';
import { noteVerifier } from '../log/note/key.js';
import { hashLeaf } from '../log/tree/hash.js';
import { treeRoot } from '../log/tree/hash-reader.js';
import { allTiles } from '../log/tree/tile.js';
import { NaiveTree } from './naive-tree.js';

type Row = Record<string, unknown>;

/** Where to find the parts of an application. */
export interface Parts {
  get<T>(token: abstract new (...args: never[]) => T): T;
}

/** The columns of these rows in camelCase, instants as the database has them. */
async function rowsOf(database: Database, table: string, rest: string): Promise<Row[]> {
  const isMysql = database.dialect.name === 'mysql';
  const instants = ['occurred_at', 'changed_at'];
  const rows = await database.query(`SELECT * FROM ${table} ${rest}`);
  const texts = isMysql
    ? await database.query(
        `SELECT ${instants.map((name) => (rows[0] && name in rows[0] ? `CAST(${name} AS CHAR) AS ${name}` : `1 AS x_${name}`)).join(', ')} FROM ${table} ${rest}`,
      )
    : rows;
  return rows.map((row, index) =>
    Object.fromEntries(
      Object.entries({ ...row, ...(isMysql ? texts[index] : {}) }).map(([name, value]) => [
        name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase()),
        value,
      ]),
    ),
  );
}

/**
 * Recomputes a log from the tables of the record, without the sequencer, and expects it to be what the tiles and the
 * signed checkpoint say. Gives the ids of its entries in their order.
 */
export async function checkedLog(app: Parts, logNumber = 1): Promise<string[]> {
  const database = app.get(Database);
  const store = app.get(LogStore);
  const log = await store.log(logNumber);
  if (!log || log.checkpoint === null) return [];
  // The log may grow meanwhile; what a checkpoint covers stays as it is.
  const within = `WHERE log_number = ${logNumber} AND leaf_index < ${log.size}`;
  const entries = await rowsOf(database, 'audit_entry', `${within} ORDER BY leaf_index`);
  const changes = await rowsOf(database, 'row_change', `${within} ORDER BY id`);
  const subjects = await rowsOf(database, 'audit_entry_subject', '');
  const first =
    log.previous === null ? [] : [originLeaf({ previous: log.previous, startedAt: startOf(log) })];
  const changesOf = groupedBy(changes, 'leafIndex');
  const subjectsOf = groupedBy(subjects, 'entryId');
  const leaves = entries.map((entry) => {
    const own = changesOf.get(String(entry['leafIndex'])) ?? [];
    expect(own.map(({ entryId }) => entryId)).toEqual(own.map(() => entry['id']));
    const payload = payloadOf(
      entry as never,
      (subjectsOf.get(String(entry['id'])) ?? []).map((row) => String(row['subjectId'])),
      own.map((change) => ({ ...change, id: String(change['id']) }) as unknown as PayloadChange),
    );
    if (entry['salt'] !== null) {
      expect(payloadHash(entry['salt'] as Buffer, payload), `payload of ${String(entry['id'])}`).toBe(
        entry['payloadHash'],
      );
    }
    return leafOf(entry as never);
  });
  expect(entries.map(({ leafIndex }) => Number(leafIndex))).toEqual(entries.map((_, i) => i + first.length));
  const tree = new NaiveTree([...first, ...leaves].map(hashLeaf));
  const root = tree.hash(0, first.length + leaves.length);
  const logKeys = app
    .get(Keyring)
    .logKeys()
    .map(({ publicKey }) => noteVerifier(log.origin, publicKey));
  const opened = openCheckpoint(log.checkpoint, { logKeys, origin: log.origin });
  expect(opened.logSignatures).toHaveLength(logKeys.length);
  expect(opened.checkpoint).toMatchObject({ size: log.size, origin: log.origin });
  expect(log.size).toBe(first.length + leaves.length);
  expect(opened.checkpoint.root.equals(root)).toBe(true);
  const tiles = [...allTiles(log.size)];
  const stored = await store.tiles(logNumber, tiles);
  expect(stored.filter(({ length }, index) => length < (tiles[index]?.width ?? 0) * 32)).toEqual([]);
  expect((await treeRoot(log.size, store.reader(logNumber, log.size))).equals(root)).toBe(true);
  return entries.map(({ id }) => String(id));
}

const startOf = ({ startedAt }: { readonly startedAt: Date }) => startedAt.toISOString();

function groupedBy(rows: readonly Row[], column: string): Map<string, Row[]> {
  const groups = new Map<string, Row[]>();
  for (const row of rows) groups.set(String(row[column]), [...(groups.get(String(row[column])) ?? []), row]);
  return groups;
}
