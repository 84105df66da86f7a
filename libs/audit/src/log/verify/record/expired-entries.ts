import type { Place } from './history-words.js';
import type { RecordAt } from './record-rows.js';

/** Entries are sequenced within seconds, not exactly in the order of their commits. */
const OUT_OF_ORDER = 1_000;

/** Remembers, in little memory, where entries stand whose payload was dropped. */
export class ExpiredEntries {
  private readonly ranges = new Map<number, { first: number; last: number }>();

  constructor(private readonly record: RecordAt) {}

  add({ logNumber, leafIndex }: Place): void {
    const range = this.ranges.get(logNumber);
    if (range) range.last = leafIndex;
    else this.ranges.set(logNumber, { first: leafIndex, last: leafIndex });
  }

  /** Whether there is one about where the changes between two places must have been. */
  async areBetween(from: Place | undefined, to: Place | undefined): Promise<boolean> {
    for (const [logNumber, { first, last }] of this.ranges) {
      if (logNumber < (from?.logNumber ?? 0) || logNumber > (to?.logNumber ?? Infinity)) continue;
      const low = from?.logNumber === logNumber ? from.leafIndex - OUT_OF_ORDER : 0;
      const high = to?.logNumber === logNumber ? to.leafIndex + OUT_OF_ORDER : last;
      if (low <= first && first <= high) return true;
      if (high < first || low > last) continue;
      const found = await this.record.query(
        'SELECT 1 FROM audit_entry WHERE leaf_index >= ? AND leaf_index <= ? AND log_number = ? AND salt IS NULL LIMIT 1',
        [low, high, logNumber],
      );
      if (found.length > 0) return true;
    }
    return false;
  }
}
