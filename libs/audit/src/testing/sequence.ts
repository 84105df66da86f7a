import { randomBytes } from 'node:crypto';
import { Database, UnitOfWork } from '#kernel';
import { type LeafEntry, leafOf } from '../log/leaf/leaf.js';
import {
  payloadHash,
  payloadOf,
  type PayloadChange,
  type PayloadEntry,
  SALT_BYTES,
} from '../log/leaf/payload.js';
import { appendIndex, type IndexedEntry } from '../query/search-index.js';
import type { TermFacts } from '../query/terms.js';

type Get = <T>(token: abstract new (...args: never[]) => T) => T;
type Entry = TermFacts & PayloadEntry & Omit<LeafEntry, 'payloadHash'>;

const LOG_NUMBER = 1;

/**
 * Gives every waiting entry its place in the log, as the sequencer does, but builds no tree. For tests of what comes
 * after it. Gives the leaves.
 */
export async function sequenceByHand(get: Get): Promise<Buffer[]> {
  const database = get(Database);
  const [last] = await database.query<{ n: unknown }>(
    'SELECT COALESCE(MAX(leaf_index), -1) AS n FROM audit_entry',
  );
  const waiting = await read<Entry>(database, 'audit_entry', 'leaf_index IS NULL ORDER BY id', []);
  const leaves: Buffer[] = [];
  await get(UnitOfWork).run({ action: 'audit.sequence', recorded: false }, async (unit) => {
    for (const [offset, entry] of waiting.entries()) {
      const index = Number(last?.n) + 1 + offset;
      const indexed = await contentsOf(database, entry);
      const salt = randomBytes(SALT_BYTES);
      const hash = payloadHash(salt, payloadOf(entry, indexed.subjects, indexed.changes));
      leaves.push(leafOf({ ...entry, payloadHash: hash }));
      unit.append(
        'UPDATE audit_entry SET leaf_index = ?, log_number = ?, salt = ?, payload_hash = ? WHERE id = ?',
        [index, LOG_NUMBER, salt, hash, entry.id],
      );
      unit.append(
        'UPDATE row_change SET leaf_index = ?, log_number = ? WHERE leaf_index IS NULL AND entry_id = ?',
        [index, LOG_NUMBER, entry.id],
      );
      appendIndex(unit, [indexed]);
    }
  });
  return leaves;
}

async function contentsOf(
  database: Database,
  entry: Entry,
): Promise<IndexedEntry & { readonly changes: readonly PayloadChange[] }> {
  const subjects = await read<{ subjectId: string }>(database, 'audit_entry_subject', 'entry_id = ?', [
    entry.id,
  ]);
  const changes = await read<PayloadChange>(database, 'row_change', 'leaf_index IS NULL AND entry_id = ?', [
    entry.id,
  ]);
  return {
    entry,
    subjects: subjects.map(({ subjectId }) => subjectId),
    changes: changes.map((change) => ({ ...change, id: String(change.id) })),
  };
}

/** Rows by property, with instants as the database writes them. */
async function read<Row>(
  database: Database,
  table: string,
  where: string,
  parameters: readonly unknown[],
): Promise<Row[]> {
  const entity = database.entities.find(({ tableName }) => tableName === table);
  const columns = (entity?.columns ?? []).map(({ databaseName, propertyName, type }) => {
    const value = type === 'datetime' ? `CAST(${databaseName} AS CHAR)` : databaseName;
    return `${value} AS ${database.dialect.name === 'sqlite' ? `"${propertyName}"` : `\`${propertyName}\``}`;
  });
  return database.query<Row>(`SELECT ${columns.join(', ')} FROM ${table} WHERE ${where}`, parameters);
}
