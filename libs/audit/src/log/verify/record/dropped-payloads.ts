import { term } from '../../../query/terms.js';
import { EXPIRY } from '../../../retention/retention-policy.js';
import type { Findings } from '../findings.js';
import type { RecordAt } from './record-rows.js';

const RUNS_AT_A_TIME = 2_000;

interface Run {
  readonly id: string;
  readonly details: string | null;
}

/** Compares how many payloads are gone with what the runs of retention on the record tell. */
export class DroppedPayloads {
  private readonly surplus = new Map<string, number>();

  /** An entry with this action has no payload any more. */
  add(action: string, count = 1): void {
    this.surplus.set(action, (this.surplus.get(action) ?? 0) + count);
  }

  /** All have been added. Reports payloads that nobody told of, and runs that tell of others than are gone. */
  async check(record: RecordAt, findings: Findings): Promise<void> {
    const gone = new Map(this.surplus);
    for await (const { details } of runs(record)) {
      const { action, entries } = read(details);
      if (typeof action === 'string' && typeof entries === 'number') this.add(action, -entries);
    }
    for (const [action, surplus] of this.surplus) {
      const count = gone.get(action) ?? 0;
      if (surplus !== 0)
        findings.add(
          'payload_gone',
          `The payloads of ${count} entries with the action ${action} are gone, and the entries ${EXPIRY} tell of ${count - surplus}: payloads were dropped around the application`,
        );
    }
  }
}

/** What runs left on the record, also those that wait for their place. */
async function* runs({ query }: RecordAt): AsyncGenerator<Run> {
  for (let after = ''; ;) {
    const page = await query<Run>(
      `SELECT e.id, e.details FROM audit_term t JOIN audit_entry e ON e.id = t.entry_id
       WHERE t.term = ? AND t.entry_id > ? AND e.action = ? AND e.outcome = 'succeeded' ORDER BY t.entry_id LIMIT ${RUNS_AT_A_TIME}`,
      [term.action(EXPIRY), after, EXPIRY],
    );
    yield* page;
    after = page.at(-1)?.id ?? '';
    if (page.length < RUNS_AT_A_TIME) break;
  }
  yield* await query<Run>(
    `SELECT id, details FROM audit_entry
     WHERE leaf_index IS NULL AND log_number IS NULL AND action = ? AND outcome = 'succeeded'`,
    [EXPIRY],
  );
}

/** Nothing in the database is believed, and what cannot be read tells of nothing. */
function read(details: string | null): Record<string, unknown> {
  try {
    return (JSON.parse(details ?? '{}') as Record<string, unknown> | null) ?? {};
  } catch {
    return {};
  }
}
