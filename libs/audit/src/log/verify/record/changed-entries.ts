import type { Findings } from '../findings.js';
import type { PlacedEntry } from './record-rows.js';

/** A row whose leaf is not the one that the log has at its place. */
export interface ChangedEntry {
  readonly entry: PlacedEntry;
  /** The hash that the log has, and that of the leaf made from the row; undefined when none can be made. */
  readonly logged: Buffer;
  readonly leafHash: Buffer | undefined;
  /** Nothing but the stored payload hash is wrong. */
  readonly isOnlyHash: boolean;
}

const KEPT = 1_000;

/** Tells entries that were changed from those that stand at each other's places. */
export class ChangedEntries {
  private readonly kept: ChangedEntry[] = [];

  constructor(
    private readonly findings: Findings,
    private readonly origin: string,
  ) {}

  add(changed: ChangedEntry): void {
    if (this.kept.length < KEPT) this.kept.push(changed);
    else this.report(changed, undefined);
  }

  /** All have been added. */
  end(): void {
    const places = new Map(
      this.kept.map(({ entry, logged }) => [logged.toString('latin1'), entry.leafIndex]),
    );
    for (const changed of this.kept)
      this.report(changed, changed.leafHash && places.get(changed.leafHash.toString('latin1')));
  }

  private report({ entry, isOnlyHash }: ChangedEntry, loggedAt: number | undefined): void {
    const name = `Entry ${entry.leafIndex} of log ${this.origin} (${entry.id})`;
    if (loggedAt !== undefined) {
      this.findings.add(
        'entry_changed',
        `${name} was moved: it was logged at place ${loggedAt}, and something else at ${entry.leafIndex}`,
      );
    } else if (isOnlyHash) {
      this.findings.add(
        'entry_changed',
        `${name} was changed: its payload_hash is not the one that was logged`,
      );
    } else {
      this.findings.add(
        'entry_changed',
        `${name} is not what was logged: its time, action, outcome, actor, resource or payload hash was changed, or it was put in another's place`,
      );
    }
  }
}
