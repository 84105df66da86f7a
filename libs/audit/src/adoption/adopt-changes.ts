import { Injectable } from '@nestjs/common';
import { Database, newId, Recurring, type Unit, UnitOfWork } from '#kernel';
import { UnattributedChangeFound } from '../audit.events.js';
import { EntryWriter } from '../recorder/entry-writer.js';

interface Orphan {
  readonly id: string;
  readonly table: string;
  readonly rowId: string;
  readonly databaseUser: string;
}

const BATCH = 500;

/** Finds row changes that name no entry, and accounts for them in entries of their own. */
@Injectable()
export class AdoptChanges {
  constructor(
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly entries: EntryWriter,
  ) {}

  /** Resolves to true while more may wait. */
  @Recurring({ name: 'audit.adopt_changes', everyMs: 2_000 })
  async adopt(): Promise<boolean> {
    const [waiting] = await this.database.query('SELECT id FROM row_change WHERE entry_id IS NULL LIMIT 1');
    if (!waiting) return false;
    // Unrecorded, because the entries written here are what accounts for the changes.
    return this.units.run({ action: 'audit.adopt_changes', recorded: false }, async (unit) => {
      const orphans = await this.claim();
      for (const group of groupsOf(orphans)) await this.account(unit, group);
      return orphans.length === BATCH;
    });
  }

  /** By status, never by walking ids: a transaction that commits late may hold a lower id. */
  private async claim(): Promise<Orphan[]> {
    const rows = await this.database.query(
      `SELECT id, table_name AS t, row_id AS r, database_user AS u FROM row_change
       WHERE entry_id IS NULL ORDER BY id LIMIT ${BATCH} ${this.database.dialect.skipLocked}`,
    );
    return rows.map((row) => ({
      id: String(row['id']),
      table: String(row['t']),
      rowId: String(row['r']),
      databaseUser: String(row['u']),
    }));
  }

  private async account(unit: Unit, group: readonly [Orphan, ...Orphan[]]): Promise<void> {
    const [{ table, databaseUser, rowId }] = group;
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
      details: { databaseUser, table, rows: rows.size, changes: group.length },
    });
    await this.database.query(
      `UPDATE row_change SET entry_id = ? WHERE entry_id IS NULL AND id IN (${group.map(() => '?').join(', ')})`,
      [id, ...group.map((orphan) => orphan.id)],
    );
    unit.publish(new UnattributedChangeFound({ entryId: id, table, databaseUser, changes: group.length }));
  }
}

/** The changes of one database user to one table belong together. */
function groupsOf(orphans: readonly Orphan[]): [Orphan, ...Orphan[]][] {
  const groups = new Map<string, [Orphan, ...Orphan[]]>();
  for (const orphan of orphans) {
    const name = `${orphan.table} ${orphan.databaseUser}`;
    const group = groups.get(name);
    if (group) group.push(orphan);
    else groups.set(name, [orphan]);
  }
  return [...groups.values()];
}
