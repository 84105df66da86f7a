import type { TablePlan } from '../../../capture/table-plan.js';
import type { Findings } from '../findings.js';
import { presentRow } from './present-rows.js';
import type { RecordAt } from './record-rows.js';
import { type HistoryStep, isPresent, type RowHistories } from './row-histories.js';

export interface HistoriesToCheck {
  readonly record: RecordAt;
  readonly histories: RowHistories;
  /** The captured tables, whose present rows are among the histories. */
  readonly plans: ReadonlyMap<string, TablePlan>;
  /**
   * Whether changes that are missing between two places of the log may be among those that were dropped with the payload
   * of their entry.
   */
  readonly mayHaveExpired: (from: Place | undefined, to: Place | undefined) => Promise<boolean>;
  readonly findings: Findings;
}

/** Where the entry of a change stands. */
export interface Place {
  readonly logNumber: number;
  readonly leafIndex: number;
}

/** Two steps of a row that do not fit: the second does not begin where the first ended. */
export interface Gap {
  readonly from: HistoryStep | undefined;
  readonly to: HistoryStep | undefined;
}

type Image = Readonly<Record<string, string | null>>;

interface StoredChange {
  readonly entryId: string | null;
  readonly place: Place | undefined;
  readonly before: Image | undefined;
  readonly after: Image | undefined;
}

/** Looks into gaps in the histories of rows: reads the images, says which columns differ, or finds that none does. */
export class HistoryWords {
  constructor(private readonly claim: HistoriesToCheck) {}

  /** Reports what is wrong; gives how many gaps may be owed to expired payloads. */
  async report(gaps: readonly Gap[]): Promise<number> {
    const ids = gaps.flatMap(({ from, to }) => [from, to].filter((step) => step && !isPresent(step)));
    const changes = await this.read(ids.flatMap((step) => (step ? [step.id] : [])));
    let expired = 0;
    for (const gap of gaps) {
      const isExpired = await this.reportOne(gap, changes);
      if (isExpired) expired++;
    }
    return expired;
  }

  private async reportOne({ from, to }: Gap, changes: ReadonlyMap<number, StoredChange>): Promise<boolean> {
    const { findings, plans, record, mayHaveExpired } = this.claim;
    const step = to ?? from;
    if (!step) return false;
    const name = `${step.table} ${step.row}`;
    const last = from && changes.get(from.id);
    const left = from ? `change ${from.id}${ofEntry(last)}` : '';
    if (!to || isPresent(to)) {
      const plan = plans.get(step.table);
      const present = to && plan ? imageOf((await presentRow(record, plan, to.row))?.image) : undefined;
      if (!from) {
        findings.add('row_changed', `Row ${name} has no history: it was inserted while nobody captured it`);
      } else if (!present || !last?.after) {
        const what = present ? 'is there, though it was deleted by' : 'is gone, and the last of it is';
        findings.add(
          'row_changed',
          `Row ${name} ${what} ${left}: it was ${present ? 'inserted' : 'deleted'} while nobody captured it`,
        );
      } else {
        const columns = differences(last.after, present);
        if (columns.length > 0)
          findings.add(
            'row_changed',
            `Row ${name} is not what ${left} left: ${columns.join(', ')} changed while nobody captured it`,
          );
      }
      return false;
    }
    const next = changes.get(to.id);
    const begun = to.isBaseline ? next?.after : next?.before;
    const columns = last?.after && begun ? differences(last.after, begun, to.isBaseline) : undefined;
    if (columns?.length === 0) return false;
    if (!to.isBaseline && (await mayHaveExpired(last?.place, next?.place))) return true;
    const before = from ? `between ${left} and change ${to.id}` : `before change ${to.id}`;
    findings.add(
      'history_broken',
      `Row ${name} was changed ${before}${ofEntry(next)}, and that change was not captured or was removed from the record${columns ? ` (${columns.join(', ')})` : ''}`,
    );
    return false;
  }

  private async read(ids: readonly number[]): Promise<ReadonlyMap<number, StoredChange>> {
    if (ids.length === 0) return new Map();
    const rows = await this.claim.record.query<Record<'id' | 'e' | 'b' | 'a' | 'n' | 'i', unknown>>(
      `SELECT id, entry_id AS e, before_image AS b, after_image AS a, log_number AS n, leaf_index AS i FROM row_change
       WHERE id IN (${ids.map(() => '?').join(', ')})`,
      ids,
    );
    return new Map(
      rows.map(({ id, e, b, a, n, i }) => [
        Number(id),
        {
          entryId: e === null ? null : String(e),
          place: i === null ? undefined : { logNumber: Number(n), leafIndex: Number(i) },
          before: imageOf(b),
          after: imageOf(a),
        },
      ]),
    );
  }
}

const ofEntry = (change: StoredChange | undefined): string =>
  change?.entryId ? ` (entry ${change.entryId})` : '';

function imageOf(text: unknown): Image | undefined {
  if (typeof text !== 'string') return undefined;
  try {
    return JSON.parse(text) as Image;
  } catch {
    return {};
  }
}

/** The columns whose values differ; of those that only one image has, none when the table may have been altered between. */
function differences(left: Image, right: Image, onlyCommon = false): string[] {
  const names = [...new Set([...Object.keys(left), ...Object.keys(right)])];
  return names.filter((name) =>
    onlyCommon && !(name in left && name in right) ? false : left[name] !== right[name],
  );
}
