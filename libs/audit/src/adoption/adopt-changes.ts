import { Injectable } from '@nestjs/common';
import { type Count, Database, Metrics, newId, Recurring, type Unit, UnitOfWork } from '#kernel';
import { UnattributedChangeFound } from '../audit.events.js';
import { EntryWriter } from '../recorder/entry-writer.js';

interface Orphan {
  readonly id: string;
  readonly table: string;
  readonly rowId: string;
  readonly databaseUser: string;
  /** The entry that the change names, which cannot be its own: it does not exist, or its place is given. */
  readonly claim: string | null;
}

interface Found {
  readonly id: unknown;
  readonly claim: string | null;
}

const BATCH = 500;
/** So many waiting changes are looked at, in the order of what they claim; those that claim nothing come first. */
const LOOK_AT = 20_000;

/**
 * A change is in order while the entry that it names waits for its place, and is given its place together with it. All
 * others are orphans. Entry and changes are committed together, so one statement sees both or neither.
 */
const ORPHANS = `SELECT c.id, c.entry_id AS claim FROM (SELECT id, entry_id FROM row_change
    WHERE leaf_index IS NULL AND log_number IS NULL ORDER BY entry_id LIMIT ${LOOK_AT}) c
  LEFT JOIN audit_entry e ON e.id = c.entry_id AND e.leaf_index IS NULL
  WHERE e.id IS NULL LIMIT ${BATCH}`;

/** Finds row changes that no entry accounts for, and accounts for them in entries of their own. */
@Injectable()
export class AdoptChanges {
  private readonly adopted: Count;

  constructor(
    metrics: Metrics,
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly entries: EntryWriter,
  ) {
    this.adopted = metrics.counter(
      'steward_unattributed_changes_total',
      'Row changes that nobody accounted for and that this process has adopted.',
    );
  }

  /** Resolves to true while more may wait. */
  @Recurring({ name: 'audit.adopt_changes', everyMs: 2_000 })
  async adopt(): Promise<boolean> {
    const found = await this.database.query<Found>(ORPHANS);
    if (found.length === 0) return false;
    // Unrecorded, because the entries written here are what accounts for the changes.
    const adopted = await this.units.run({ action: 'audit.adopt_changes', recorded: false }, async (unit) => {
      const orphans = await this.claim(found);
      for (const group of groupsOf(orphans)) await this.account(unit, group);
      return orphans.length;
    });
    this.adopted.add(adopted);
    return found.length === BATCH;
  }

  /** How many changes wait for an entry that accounts for them, up to the size of a batch. */
  async waiting(): Promise<number> {
    return (await this.database.query(ORPHANS)).length;
  }

  /** An orphan stays one until somebody adopts it, so it is enough to see that nobody else does or did. */
  private async claim(found: readonly Found[]): Promise<Orphan[]> {
    const claims = new Map(found.map(({ id, claim }) => [String(id), claim]));
    const rows = await this.database.query<Found & { t: string; r: string; u: string }>(
      `SELECT id, table_name AS t, row_id AS r, database_user AS u, entry_id AS claim FROM row_change
       WHERE leaf_index IS NULL AND id IN (${found.map(() => '?').join(', ')})
       ORDER BY id ${this.database.dialect.skipLocked}`,
      [...claims.keys()],
    );
    return rows
      .map(({ id, t, r, u, claim }) => ({ id: String(id), table: t, rowId: r, databaseUser: u, claim }))
      .filter(({ id, claim }) => claims.get(id) === claim);
  }

  private async account(unit: Unit, group: readonly [Orphan, ...Orphan[]]): Promise<void> {
    const [{ table, databaseUser, rowId, claim }] = group;
    const rows = new Set(group.map((orphan) => orphan.rowId));
    const id = newId('aud');
    this.entries.append(unit, {
      id,
      occurredAt: unit.startedAt,
      intent: {
        action: 'database.change',
        ...(rows.size === 1 ? { resource: { type: table, id: rowId } } : {}),
      },
      outcome: 'succeeded',
      details: {
        databaseUser,
        table,
        rows: rows.size,
        changes: group.length,
        ...(claim === null ? {} : { claimedEntry: claim }),
      },
    });
    await this.database.query(
      `UPDATE row_change SET entry_id = ? WHERE leaf_index IS NULL AND id IN (${group.map(() => '?').join(', ')})`,
      [id, ...group.map((orphan) => orphan.id)],
    );
    unit.publish(new UnattributedChangeFound({ entryId: id, table, databaseUser, changes: group.length }));
  }
}

/** The changes of one database user to one table, under one claim, belong together. */
function groupsOf(orphans: readonly Orphan[]): [Orphan, ...Orphan[]][] {
  const groups = new Map<string, [Orphan, ...Orphan[]]>();
  for (const orphan of orphans) {
    const name = JSON.stringify([orphan.table, orphan.databaseUser, orphan.claim]);
    const group = groups.get(name);
    if (group) group.push(orphan);
    else groups.set(name, [orphan]);
  }
  return [...groups.values()];
}
