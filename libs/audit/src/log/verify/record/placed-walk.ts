import { readAhead } from '../read-ahead.js';
import {
  listedSubjects,
  placedChanges,
  type PlacedEntry,
  type RecordAt,
  type RecordedChange,
} from './record-rows.js';

/** Walks once through the placed changes of a log, place by place. */
export class ChangeWalk {
  private readonly pages: AsyncGenerator<readonly RecordedChange[], void>;
  private page: readonly RecordedChange[] = [];
  private at = 0;

  /** `seen` is told of every change. */
  constructor(
    record: RecordAt,
    logNumber: number,
    private readonly seen: (change: RecordedChange) => void,
  ) {
    this.pages = readAhead(placedChanges(record, logNumber));
  }

  /** Gives the changes before `place` to `before`, and those at it to `at`. Places must be asked for in their order. */
  async upTo(
    place: number,
    before: (change: RecordedChange) => void,
    at: (change: RecordedChange) => void,
  ): Promise<void> {
    for (;;) {
      const change = this.page[this.at];
      if (change === undefined) {
        if (!(await this.turn())) return;
        continue;
      }
      if ((change.leafIndex ?? 0) > place) return;
      this.at++;
      this.seen(change);
      (change.leafIndex === place ? at : before)(change);
    }
  }

  private async turn(): Promise<boolean> {
    const next = await this.pages.next();
    this.page = next.done === true ? [] : next.value;
    this.at = 0;
    return this.page.length > 0;
  }
}

/** The people listed for each of these entries. */
export async function subjectsOf(
  record: RecordAt,
  entries: readonly PlacedEntry[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const lists = new Map<string, string[]>();
  const ids = new Set(entries.map(({ id }) => id));
  const sorted = [...ids].sort();
  const [first, last] = [sorted[0], sorted.at(-1)];
  if (first === undefined || last === undefined) return lists;
  for await (const page of listedSubjects(record, first, last)) {
    for (const { entryId, subjectId } of page) {
      if (!ids.has(entryId)) continue;
      const list = lists.get(entryId);
      if (list) list.push(subjectId);
      else lists.set(entryId, [subjectId]);
    }
  }
  return lists;
}
