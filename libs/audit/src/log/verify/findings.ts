/** What is wrong with a log, as a word that programs can match. */
export type Fault =
  // The log as anybody sees it.
  | 'checkpoint'
  | 'witnesses'
  | 'tile'
  | 'leaf'
  | 'rewritten'
  | 'truncated'
  | 'restored'
  | 'other_log'
  | 'key_changed'
  | 'proof'
  // The database behind it.
  | 'entry_changed'
  | 'entry_missing'
  | 'entry_surplus'
  | 'payload_changed'
  | 'payload_gone'
  | 'change_unattributed'
  | 'history_broken'
  | 'row_changed'
  | 'capture';

/** One thing that is wrong: in a sentence that says what and where. */
export interface Finding {
  readonly fault: Fault;
  readonly message: string;
}

/** So many of each kind are told one by one; the others are counted. */
const TOLD_OF_EACH = 20;

/** Collects what a verification finds, in bounded memory. */
export class Findings {
  private readonly counts = new Map<Fault, number>();
  private readonly told: Finding[] = [];
  private readonly remarks: string[] = [];

  /** Something is wrong. */
  add(fault: Fault, message: string): void {
    const count = (this.counts.get(fault) ?? 0) + 1;
    this.counts.set(fault, count);
    if (count <= TOLD_OF_EACH) this.told.push({ fault, message });
  }

  /** Something that a reader should know, such as what could not be checked. */
  note(message: string): void {
    this.remarks.push(message);
  }

  /** How many were found altogether. */
  get count(): number {
    return [...this.counts.values()].reduce((sum, count) => sum + count, 0);
  }

  /** Those that are told one by one, in the order in which they were found. */
  get list(): readonly Finding[] {
    return this.told;
  }

  get notes(): readonly string[] {
    return this.remarks;
  }

  /** How many of each kind are not told one by one. */
  get untold(): ReadonlyMap<Fault, number> {
    return new Map(
      [...this.counts]
        .filter(([, count]) => count > TOLD_OF_EACH)
        .map(([fault, count]) => [fault, count - TOLD_OF_EACH]),
    );
  }
}
