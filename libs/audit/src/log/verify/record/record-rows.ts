import type { SnapshotQuery } from '#kernel';
import type { LeafEntry } from '../../leaf/leaf.js';
import type { PayloadChange, PayloadEntry } from '../../leaf/payload.js';
import { sequencerSql } from '../../sequencer/sequencer-sql.js';

/** The database's record at one moment. */
export interface RecordAt {
  readonly query: SnapshotQuery;
  readonly dialect: 'sqlite' | 'mysql';
}

/** A row of the record that claims a place in a log; nothing in it is believed. */
export type PlacedEntry = LeafEntry & PayloadEntry & { leafIndex: number; readonly salt: Buffer | null };

/** A captured change as its row says it. */
export type RecordedChange = PayloadChange & {
  readonly entryId: string | null;
  /** Null while its entry waits for its place. */
  leafIndex: number | null;
};

const ENTRIES_AT_A_TIME = 1_000;
const CHANGES_AT_A_TIME = 1_000;

/** The entries of a log from place `from` on, in the order of their places, page by page. */
export async function* placedEntries(
  { query, dialect }: RecordAt,
  logNumber: number,
  from = 0,
  pageSize = ENTRIES_AT_A_TIME,
): AsyncGenerator<readonly PlacedEntry[], void> {
  const { instant } = sequencerSql(dialect);
  const sql = `SELECT id, ${instant('occurred_at')} AS occurredAt, action, outcome, error_code AS errorCode, actor_kind AS actorKind,
      actor_id AS actorId, session_id AS sessionId, request_id AS requestId, trace_id AS traceId,
      resource_type AS resourceType, resource_id AS resourceId, subject_id AS subjectId, purpose, details,
      address_subject_id AS addressSubjectId, client_address AS clientAddress, leaf_index AS leafIndex, salt,
      payload_hash AS payloadHash
    FROM audit_entry WHERE leaf_index > ? AND log_number = ? ORDER BY leaf_index LIMIT ${pageSize}`;
  for (let after = from - 1; ;) {
    const page = await query<PlacedEntry>(sql, [after, logNumber]);
    for (const row of page) row.leafIndex = Number(row.leafIndex);
    if (page.length > 0) yield page;
    if (page.length < pageSize) return;
    after = page.at(-1)?.leafIndex ?? after;
  }
}

/** The changes that claim a place in a log, by place and, of one place, by entry and id; page by page. */
export async function* placedChanges(
  record: RecordAt,
  logNumber: number,
): AsyncGenerator<readonly RecordedChange[], void> {
  const read = (condition: string, parameters: readonly unknown[]) =>
    changes(record, `${condition} AND log_number = ?`, [...parameters, logNumber]);
  for (let after = -1; ;) {
    let page = await read('leaf_index > ?', [after]);
    if (page.length > 0) yield page;
    if (page.length < CHANGES_AT_A_TIME) return;
    after = page.at(-1)?.leafIndex ?? after;
    // The page may have broken off within a place, and that place has any number of changes.
    while (page.length > 0) {
      const end = page.at(-1);
      const entryId = end?.entryId ?? null;
      const isSame = entryId === null ? 'entry_id IS NULL' : 'entry_id = ?';
      const own = entryId === null ? [] : [entryId];
      page = await read(`leaf_index = ? AND ${isSame} AND id > ?`, [after, ...own, end?.id]);
      if (page.length === 0) {
        const isNext = entryId === null ? 'entry_id IS NOT NULL' : 'entry_id > ?';
        page = await read(`leaf_index = ? AND ${isNext}`, [after, ...own]);
      }
      if (page.length > 0) yield page;
    }
  }
}

/** The changes that meet a condition which does not order them, by id; page by page. */
export async function* otherChanges(
  record: RecordAt,
  condition: string,
  parameters: readonly unknown[],
): AsyncGenerator<readonly RecordedChange[], void> {
  for (let after = '-1'; ;) {
    const page = await changes(record, `${condition} AND id > ?`, [...parameters, after], 'id');
    if (page.length > 0) yield page;
    if (page.length < CHANGES_AT_A_TIME) return;
    after = page.at(-1)?.id ?? after;
  }
}

/** The people listed for entries with ids in a range, beside those that the entries name themselves. */
export async function* listedSubjects(
  { query }: RecordAt,
  first: string,
  last: string,
): AsyncGenerator<readonly { readonly entryId: string; readonly subjectId: string }[]> {
  const columns = 'SELECT entry_id AS entryId, subject_id AS subjectId FROM audit_entry_subject WHERE';
  const order = `AND entry_id <= ? ORDER BY entry_id, subject_id LIMIT ${CHANGES_AT_A_TIME}`;
  let page = await query<{ entryId: string; subjectId: string }>(`${columns} entry_id >= ? ${order}`, [
    first,
    last,
  ]);
  for (;;) {
    if (page.length > 0) yield page;
    const end = page.at(-1);
    if (!end || page.length < CHANGES_AT_A_TIME) return;
    page = await query(`${columns} (entry_id > ? OR (entry_id = ? AND subject_id > ?)) ${order}`, [
      end.entryId,
      end.entryId,
      end.subjectId,
      last,
    ]);
  }
}

async function changes(
  { query, dialect }: RecordAt,
  condition: string,
  parameters: readonly unknown[],
  order = 'leaf_index, log_number, entry_id, id',
): Promise<readonly RecordedChange[]> {
  const { instant } = sequencerSql(dialect);
  const page = await query<RecordedChange & { id: unknown }>(
    `SELECT id, table_name AS tableName, row_id AS rowId, operation, before_image AS beforeImage,
       after_image AS afterImage, entry_id AS entryId, database_user AS databaseUser,
       ${instant('changed_at')} AS changedAt, leaf_index AS leafIndex
     FROM row_change WHERE ${condition} ORDER BY ${order} LIMIT ${CHANGES_AT_A_TIME}`,
    parameters,
  );
  for (const row of page) {
    row.id = String(row.id);
    row.leafIndex = row.leafIndex === null ? null : Number(row.leafIndex);
  }
  return page as readonly RecordedChange[];
}
