/** What was done with the data of a person; counts entries. */
export interface Exposure {
  readonly subject: string;
  /** Entries in which sealed data of theirs was opened. */
  seen: number;
  /** Entries that changed rows about them. */
  changed: number;
  /** Other entries that are about them. */
  named: number;
  /** The person acted themselves: what they see of themselves is not on the record. */
  isActor: boolean;
  firstAt: Date;
  lastAt: Date;
}

export type ExposureKind = 'seen' | 'changed' | 'named';

interface Item extends Exposure {
  /** The entries of the present page that have been counted: each counts once for a person. */
  counted: { readonly page: number; readonly entries: Set<string> };
}

interface OfEntry {
  readonly id: string;
  readonly occurredAt: Date;
}

/**
 * Counts for the first `atMost` people behind `after`, in the order of their ids, and forgets all others: so it needs the
 * same memory however many there are. Whoever is among the first of all was among the first of those known at any time,
 * so no count is lost.
 */
export class SubjectTally {
  private items = new Map<string, Item>();
  private last: string | undefined;
  private page = 0;

  constructor(
    private readonly after: string | undefined,
    private readonly atMost: number,
  ) {}

  /** What is added from now on is about other entries than what was added before. */
  nextPage(): void {
    this.page += 1;
  }

  /** Counts an entry for a person. Of several kinds the first that it is told counts. */
  add(subject: string, kind: ExposureKind, entry: OfEntry): void {
    const item = this.itemOf(subject, entry);
    if (!item) return;
    if (item.counted.page !== this.page) item.counted = { page: this.page, entries: new Set() };
    if (item.counted.entries.has(entry.id)) return;
    item.counted.entries.add(entry.id);
    item[kind] += 1;
  }

  /** Notes that this person did it themselves. */
  addActor(subject: string, entry: OfEntry): void {
    const item = this.itemOf(subject, entry);
    if (item) item.isActor = true;
  }

  /** In the order of the people's ids; at most `atMost`. */
  exposures(): Exposure[] {
    this.forgetRest();
    return [...this.items.values()].sort(bySubject).map(({ counted: _counted, ...exposure }) => exposure);
  }

  private itemOf(subject: string, { occurredAt }: OfEntry): Item | undefined {
    if (this.after !== undefined && subject <= this.after) return undefined;
    if (this.last !== undefined && subject > this.last) return undefined;
    let item = this.items.get(subject);
    if (!item) {
      const counts = { seen: 0, changed: 0, named: 0, isActor: false };
      const counted = { page: this.page, entries: new Set<string>() };
      item = { subject, ...counts, firstAt: occurredAt, lastAt: occurredAt, counted };
      this.items.set(subject, item);
      if (this.items.size > 2 * this.atMost) this.forgetRest();
    }
    if (occurredAt < item.firstAt) item.firstAt = occurredAt;
    if (occurredAt > item.lastAt) item.lastAt = occurredAt;
    return item;
  }

  private forgetRest(): void {
    if (this.items.size <= this.atMost) return;
    const kept = [...this.items.values()].sort(bySubject).slice(0, this.atMost);
    this.items = new Map(kept.map((item) => [item.subject, item]));
    this.last = kept.at(-1)?.subject;
  }
}

const bySubject = (left: Exposure, right: Exposure): number => (left.subject < right.subject ? -1 : 1);
