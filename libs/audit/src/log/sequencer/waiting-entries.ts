import { randomBytes } from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import { Database } from '#kernel';
import { leafOf, type LeafEntry } from '../leaf/leaf.js';
import { type PayloadEntry, SALT_BYTES } from '../leaf/payload.js';
import { PayloadHasher } from '../leaf/payload-hasher.js';
import { hashLeaf } from '../tree/hash.js';
import { sequencerSql } from './sequencer-sql.js';
import { SequencerSteps } from './steps.js';
import { WaitingChanges } from './waiting-changes.js';

/** An entry that is ready for its place. */
export interface HashedEntry {
  readonly id: string;
  readonly occurredAt: string;
  readonly salt: Buffer;
  readonly payloadHash: string;
  readonly leafHash: Buffer;
}

/** Entries that get their places together, in their order. */
export interface Batch {
  readonly entries: readonly HashedEntry[];
  /** How many row changes they have together. */
  readonly changes: number;
  /** Further entries may wait. */
  readonly isFull: boolean;
}

/** Bounds how long a batch holds its locks; on SQLite everybody else waits for it. */
const MAX_ENTRIES = { mysql: 500, sqlite: 100 } as const;
/** A batch ends with the entry with which it has so many changes. */
const ENOUGH_CHANGES = { mysql: 5_000, sqlite: 500 } as const;

/** So many entries are hashed in one go: requests of the same process wait for no more. */
const BETWEEN_OTHER_WORK = 20;

type WaitingEntry = Omit<LeafEntry, 'payloadHash'> & PayloadEntry;

/** Finds the entries that have no place yet, and computes what is to be known of each before it gets one. */
@Injectable()
export class WaitingEntries {
  /** What was read while the batch before it was written. */
  private ahead: Batch | undefined;

  constructor(
    private readonly database: Database,
    private readonly steps: SequencerSteps,
  ) {}

  /** Whether any entry waits. */
  async exist(): Promise<boolean> {
    const { waitingEntries } = sequencerSql(this.database.dialect.name);
    return (await this.database.query(`SELECT 1 FROM ${waitingEntries} LIMIT 1`)).length > 0;
  }

  /**
   * The next entries, hashed. They are found by status, for one that is committed late may have a lower id than others
   * that have their places; those found together stand in the order of their ids, which is that of time.
   */
  async next(): Promise<Batch> {
    const { ahead } = this;
    this.ahead = undefined;
    return ahead ?? this.hash(await this.find());
  }

  /**
   * Does `write`, which gives the entries of a batch their places, and reads the one behind it meanwhile, for
   * {@link next} to give. When `write` fails, whatever was read is forgotten. Nothing is being read any more afterwards.
   */
  async readAheadDuring(write: () => Promise<void>, batch: Batch): Promise<void> {
    const [written, read] = await Promise.allSettled([write(), this.behind(batch)]);
    if (written.status === 'rejected') throw written.reason;
    // A read that failed is nobody's concern: `next` reads again, and fails for all to see.
    if (read.status === 'fulfilled') this.ahead = read.value;
  }

  /**
   * The full batch behind one that does not have its places yet; undefined when something else is to be read once it has
   * them: a few entries that are left, or one that was committed late. So such an entry waits for two batches at most.
   */
  private async behind({ entries, isFull }: Batch): Promise<Batch | undefined> {
    const { name, serialUnits } = this.database.dialect;
    const [first, last] = [entries[0], entries.at(-1)];
    // Where statements run in this process, reading while a unit is open would only keep it open.
    if (!isFull || serialUnits || !first || !last) return undefined;
    const found = await this.find([first.id, last.id]);
    const [lowest] = found;
    if (found.length < MAX_ENTRIES[name] || !lowest || lowest.id < first.id) return undefined;
    const batch = await this.hash(found);
    await this.steps.reached('next_batch_read');
    return batch;
  }

  private async hash(found: readonly WaitingEntry[]): Promise<Batch> {
    const { name } = this.database.dialect;
    const [first] = found;
    const last = found.at(-1);
    if (!first || !last) return { entries: [], changes: 0, isFull: false };
    const subjects = await this.subjects(first.id, last.id);
    await this.steps.reached('entries_read');
    const waiting = new WaitingChanges(this.database, first.id, last.id);
    const entries: HashedEntry[] = [];
    let changes = 0;
    const salts = randomBytes(SALT_BYTES * found.length);
    for (const entry of found) {
      const salt = salts.subarray(entries.length * SALT_BYTES, (entries.length + 1) * SALT_BYTES);
      const hasher = new PayloadHasher(salt, entry, subjects.get(entry.id) ?? []);
      changes += waiting.take(entry.id, hasher);
      while (waiting.isOver && (await waiting.turn())) changes += waiting.take(entry.id, hasher);
      const payloadHash = hasher.digest();
      const leafHash = hashLeaf(leafOf({ ...entry, payloadHash }));
      entries.push({ id: entry.id, occurredAt: entry.occurredAt, salt, payloadHash, leafHash });
      if (changes >= ENOUGH_CHANGES[name]) break;
      if (entries.length % BETWEEN_OTHER_WORK === 0) await otherWork();
    }
    await this.steps.reached('payloads_hashed');
    const isFull = found.length === MAX_ENTRIES[name] || entries.length < found.length;
    return { entries, changes, isFull };
  }

  /** The index of what waits ends in the id on MySQL, so that the lowest come first. `besides` are left out. */
  private async find(besides?: readonly [from: string, to: string]): Promise<WaitingEntry[]> {
    const { instant, waitingEntries } = sequencerSql(this.database.dialect.name);
    const rows = await this.database.query<WaitingEntry>(
      `SELECT id, ${instant('occurred_at')} AS occurredAt, action, outcome, error_code AS errorCode, actor_kind AS actorKind,
         actor_id AS actorId, session_id AS sessionId, request_id AS requestId, trace_id AS traceId,
         resource_type AS resourceType, resource_id AS resourceId, subject_id AS subjectId, purpose, details,
         address_subject_id AS addressSubjectId, client_address AS clientAddress
       FROM ${waitingEntries} ${besides ? 'AND id NOT BETWEEN ? AND ?' : ''} LIMIT ${MAX_ENTRIES[this.database.dialect.name]}`,
      besides,
    );
    return rows.sort((a, b) => (a.id < b.id ? -1 : 1));
  }

  /** The lists of people beside those that entries name themselves. */
  private async subjects(first: string, last: string): Promise<ReadonlyMap<string, string[]>> {
    const rows = await this.database.query<{ entryId: string; subjectId: string }>(
      `SELECT entry_id AS entryId, subject_id AS subjectId FROM audit_entry_subject WHERE entry_id BETWEEN ? AND ?`,
      [first, last],
    );
    const lists = new Map<string, string[]>();
    for (const { entryId, subjectId } of rows) {
      const list = lists.get(entryId);
      if (list) list.push(subjectId);
      else lists.set(entryId, [subjectId]);
    }
    return lists;
  }
}
