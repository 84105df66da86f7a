import type { TablePlan } from '../../../capture/table-plan.js';
import type { Findings } from '../findings.js';
import type { Progress } from '../progress.js';
import { readAhead } from '../read-ahead.js';
import type { Fact } from '../report.js';
import type { VerifiedLogs } from '../verify-logs.js';
import { type CheckedEntries, checkEntries } from './check-entries.js';
import { checkHistories } from './check-histories.js';
import type { DatabaseLog } from './database-log.js';
import { DroppedPayloads } from './dropped-payloads.js';
import { ExpiredEntries } from './expired-entries.js';
import { presentRows } from './present-rows.js';
import { otherChanges, type RecordAt, type RecordedChange } from './record-rows.js';
import { RowHistories } from './row-histories.js';

export interface RecordToCheck {
  readonly record: RecordAt;
  /** Every log of the database, oldest first. */
  readonly logs: readonly DatabaseLog[];
  readonly verified: VerifiedLogs;
  /** The tables whose changes are captured. */
  readonly plans: readonly TablePlan[];
  readonly findings: Findings;
  readonly progress: Progress;
}

/** The record against the logs: every entry, every captured change, and every row of the captured tables. */
export async function checkRecord(claim: RecordToCheck): Promise<Fact[]> {
  const histories = new RowHistories(await estimateSteps(claim.record));
  try {
    return await new RecordCheck(claim, histories).run();
  } finally {
    histories.remove();
  }
}

class RecordCheck {
  private readonly expired: ExpiredEntries;
  private readonly dropped = new DroppedPayloads();
  private changes = 0;

  constructor(
    private readonly claim: RecordToCheck,
    private readonly histories: RowHistories,
  ) {
    this.expired = new ExpiredEntries(claim.record);
  }

  async run(): Promise<Fact[]> {
    const { logs, verified, findings } = this.claim;
    const facts: Fact[] = [];
    for (const source of logs) {
      const { number, origin, size: rowSize } = source.log;
      const log = verified.logs.find(({ checkpoint }) => checkpoint.origin === origin);
      const size = log?.checkpoint.size ?? 0;
      if (size !== rowSize)
        findings.add(
          'checkpoint',
          `Log ${origin}, by its row the one with number ${number}, has ${rowSize} entries by its row, and ${size} by its checkpoint`,
        );
      facts.push(['Record', described(origin, await this.entriesOf(source, size))]);
    }
    await this.dropped.check(this.claim.record, findings);
    await this.strayEntries();
    await this.waiting();
    facts.push(['Rows', await this.rows()]);
    return facts;
  }

  private entriesOf(source: DatabaseLog, size: number): Promise<CheckedEntries> {
    const { record, findings, progress } = this.claim;
    const { number: logNumber, origin } = source.log;
    return checkEntries({
      record,
      logNumber,
      origin,
      size,
      firstLeaves: source.firstLeaf(),
      findings,
      progress,
      seen: this.see,
      expired: ({ leafIndex, action }) => {
        this.expired.add({ logNumber, leafIndex });
        this.dropped.add(action);
      },
    });
  }

  /** Entries and changes that claim a place in a log that there is not. */
  private async strayEntries(): Promise<void> {
    const { record, findings, logs } = this.claim;
    const numbers = logs.map(({ log }) => log.number);
    const isElsewhere = `(log_number IS NULL OR log_number NOT IN (${numbers.map(() => '?').join(', ')}))`;
    const rows = await record.query<{ id: string; n: unknown }>(
      `SELECT id, log_number AS n FROM audit_entry WHERE leaf_index IS NOT NULL AND ${isElsewhere} LIMIT 1000`,
      numbers,
    );
    for (const { id, n } of rows)
      findings.add('entry_surplus', `Entry ${id} claims a place in a log ${String(n)}, which there is not`);
    const isStray = `leaf_index IS NOT NULL AND ${isElsewhere}`;
    // An index alone tells that there are none, as there should be; to list them the whole table must be read.
    const some = await record.query(`SELECT id FROM row_change WHERE ${isStray} LIMIT 1`, numbers);
    if (some.length === 0) return;
    for await (const page of otherChanges(record, isStray, numbers)) {
      for (const change of page) {
        this.see(change);
        findings.add(
          'change_unattributed',
          `Row change ${change.id} of ${change.tableName} ${change.rowId} claims a place in a log that there is not`,
        );
      }
    }
  }

  /** What has no place yet: the log does not cover it, but each change must name an entry that waits as well. */
  private async waiting(): Promise<void> {
    const { record, findings } = this.claim;
    for await (const page of otherChanges(record, 'leaf_index IS NULL', []))
      for (const change of page) this.see(change);
    const orphans = await record.query<Record<'id' | 't' | 'r' | 'o' | 'u', unknown>>(
      `SELECT c.id, c.table_name AS t, c.row_id AS r, c.operation AS o, c.database_user AS u FROM row_change c
       LEFT JOIN audit_entry e ON e.id = c.entry_id AND LENGTH(e.id) = LENGTH(c.entry_id) AND e.leaf_index IS NULL
       WHERE c.leaf_index IS NULL AND e.id IS NULL LIMIT 1000`,
    );
    for (const { id, t, r, o, u } of orphans)
      findings.add(
        'change_unattributed',
        `Row change ${String(id)} of ${String(t)} ${String(r)} (${String(o)} by the database user ${String(u)}) belongs to no entry: it was made around the application and is not adopted yet`,
      );
    const [row] = await record.query<{ n: unknown }>(
      'SELECT COUNT(*) AS n FROM audit_entry WHERE leaf_index IS NULL AND log_number IS NULL',
    );
    const count = Number(row?.n ?? 0);
    if (count > 0)
      findings.note(
        `${count.toLocaleString('en')} entries wait for their place in the log, which does not cover them yet.`,
      );
  }

  private async rows(): Promise<string> {
    const { record, plans, findings, progress } = this.claim;
    let rows = 0;
    for (const plan of plans) {
      for await (const page of readAhead(presentRows(record, plan))) {
        for (const { row, image } of page) this.histories.addPresent(plan.table, row, image);
        rows += page.length;
        progress.report('present rows', rows, rows);
      }
    }
    const histories = await checkHistories({
      record,
      findings,
      histories: this.histories,
      plans: new Map(plans.map((plan) => [plan.table, plan])),
      mayHaveExpired: (from, to) => this.expired.areBetween(from, to),
    });
    const number = (value: number) => value.toLocaleString('en');
    return `${number(this.changes)} changes of ${number(histories)} rows lead from one to the next, and to ${number(rows)} present rows in ${plans.length} tables`;
  }

  private readonly see = (change: RecordedChange): void => {
    const { tableName, rowId, id, beforeImage, afterImage, operation } = change;
    this.changes++;
    const images = { before: beforeImage, after: afterImage, isBaseline: operation === 'baseline' };
    this.histories.addChange(tableName, rowId, id, images);
  };
}

/** About how many steps there are: each change is one, and few rows have none. */
async function estimateSteps({ query }: RecordAt): Promise<number> {
  const [row] = await query<{ n: unknown }>('SELECT MAX(id) AS n FROM row_change');
  return 2 * Number(row?.n ?? 0);
}

function described(origin: string, { entries, changes, expired }: CheckedEntries): string {
  const number = (value: number) => value.toLocaleString('en');
  const gone = expired === 0 ? '' : `; the payload of ${number(expired)} has expired`;
  return `${number(entries)} entries and ${number(changes)} row changes compared with the leaves of ${origin}${gone}`;
}
