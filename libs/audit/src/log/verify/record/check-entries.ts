import { PAYLOAD_COLUMNS } from '../../../capture/record-guards.js';
import { LeafError } from '../../leaf/canonical.js';
import { leafOf } from '../../leaf/leaf.js';
import { PayloadHasher } from '../../leaf/payload-hasher.js';
import { hashLeaf } from '../../tree/hash.js';
import type { Findings } from '../findings.js';
import type { Progress } from '../progress.js';
import { readAhead } from '../read-ahead.js';
import { LoggedLeaves } from './logged-leaves.js';
import { ChangedEntries } from './changed-entries.js';
import { ChangeWalk, subjectsOf } from './placed-walk.js';
import { placedEntries, type PlacedEntry, type RecordAt, type RecordedChange } from './record-rows.js';

export interface EntriesToCheck {
  readonly record: RecordAt;
  readonly logNumber: number;
  readonly origin: string;
  /** How many leaves the log has. */
  readonly size: number;
  /** The leaves that are no entries: the first one of a log that continues another. */
  readonly firstLeaves: readonly Uint8Array[];
  readonly findings: Findings;
  readonly progress: Progress;
  /** Is told of every placed change. */
  readonly seen: (change: RecordedChange) => void;
  /** Is told of every entry whose payload was dropped. */
  readonly expired: (entry: PlacedEntry) => void;
}

/** How much was looked at. */
export interface CheckedEntries {
  readonly entries: number;
  readonly changes: number;
  readonly expired: number;
}

/**
 * Checks that the rows of the record are those that the log's leaves were made from: every place has its entry, every entry
 * hashes to its leaf with its salted payload, and every change at a place belongs to the entry there. Holds a page of
 * rows at a time.
 */
export async function checkEntries(claim: EntriesToCheck): Promise<CheckedEntries> {
  return new EntryCheck(claim).run();
}

class EntryCheck {
  private readonly walk: ChangeWalk;
  private readonly changed: ChangedEntries;
  private entries = 0;
  private changes = 0;
  private expired = 0;

  constructor(private readonly claim: EntriesToCheck) {
    const { record, logNumber, seen, findings } = claim;
    this.changed = new ChangedEntries(findings, claim.origin);
    this.walk = new ChangeWalk(record, logNumber, (change) => {
      this.changes++;
      seen(change);
    });
  }

  async run(): Promise<CheckedEntries> {
    const { size, progress, findings, origin } = this.claim;
    let next = await this.checkFirst();
    for await (const { page, subjects, leaves } of readAhead(this.pages())) {
      for (const entry of page) {
        const place = entry.leafIndex;
        if (place < next || place >= size) {
          findings.add(
            'entry_surplus',
            `Entry ${entry.id} claims place ${place} of log ${origin}, which has no such place for it`,
          );
          continue;
        }
        if (place > next) this.missing(next, place - 1);
        next = place + 1;
        await this.check(entry, subjects.get(entry.id) ?? [], leaves.at(place));
      }
      progress.report(`entries of ${origin}`, next, size);
    }
    if (next < size) this.missing(next, size - 1);
    await this.walk.upTo(Infinity, this.stray, this.stray);
    this.changed.end();
    return { entries: this.entries, changes: this.changes, expired: this.expired };
  }

  private async *pages() {
    const { record, logNumber, size } = this.claim;
    for await (const page of placedEntries(record, logNumber)) {
      const places = page.map(({ leafIndex }) => leafIndex).filter((place) => place >= 0 && place < size);
      const subjects = await subjectsOf(record, page);
      yield { page, subjects, leaves: await LoggedLeaves.read(record, logNumber, places) };
    }
  }

  /** Gives the place of the first entry. */
  private async checkFirst(): Promise<number> {
    const { record, logNumber, firstLeaves, findings, origin } = this.claim;
    const leaves = await LoggedLeaves.read(record, logNumber, [...firstLeaves.keys()]);
    for (const [place, leaf] of firstLeaves.entries()) {
      const logged = leaves.at(place);
      if (logged && !logged.equals(hashLeaf(leaf)))
        findings.add(
          'entry_changed',
          `What log ${origin} says to continue is not what was logged: its row was changed`,
        );
    }
    return firstLeaves.length;
  }

  private missing(first: number, last: number): void {
    const { findings, origin } = this.claim;
    findings.add(
      'entry_missing',
      first === last
        ? `Entry ${first} of log ${origin} was deleted: the log has its leaf, and no row stands at its place`
        : `Entries ${first} to ${last} of log ${origin} were deleted: the log has their leaves, and no rows stand at their places`,
    );
  }

  private async check(
    entry: PlacedEntry,
    subjects: readonly string[],
    logged: Buffer | undefined,
  ): Promise<void> {
    this.entries++;
    const payload = new PayloadReading(entry, subjects);
    let own = 0;
    await this.walk.upTo(entry.leafIndex, this.stray, (change) => {
      own++;
      payload.add(change);
      if (change.entryId !== entry.id) this.misattributed(change, entry);
    });
    const payloadHash = payload.digest();
    const leafHash = leafHashOf(entry);
    if (logged && leafHash?.equals(logged) !== true) {
      const isOnlyHash =
        payloadHash !== undefined && leafHashOf({ ...entry, payloadHash })?.equals(logged) === true;
      this.changed.add({ entry, logged: Buffer.from(logged), leafHash, isOnlyHash });
    } else if (entry.salt === null) {
      this.checkExpired(entry, own + subjects.length);
    } else if (payloadHash !== entry.payloadHash) {
      this.claim.findings.add(
        'payload_changed',
        `The payload of ${this.name(entry)} is not what was logged: its details, subjects, purpose, session, request, error, address or one of its ${own} row changes was changed, added or removed`,
      );
    }
  }

  private checkExpired(entry: PlacedEntry, rest: number): void {
    this.expired++;
    this.claim.expired(entry);
    const kept = PAYLOAD_COLUMNS.filter((column) => entry[camelCase(column)] !== null);
    if (kept.length === 0 && rest === 0) return;
    this.claim.findings.add(
      'payload_changed',
      `${this.name(entry)} has no salt, as if its payload had expired, and still has ${[...kept, ...(rest > 0 ? [`${rest} row changes or subjects`] : [])].join(', ')}: these cannot be verified`,
    );
  }

  private misattributed({ id, entryId, tableName, rowId }: RecordedChange, entry: PlacedEntry): void {
    this.claim.findings.add(
      'change_unattributed',
      `Row change ${id} of ${tableName} ${rowId} stands at the place of ${this.name(entry)} and names ${entryId ?? 'no entry'} instead`,
    );
  }

  private readonly stray = ({ id, tableName, rowId, leafIndex }: RecordedChange): void => {
    this.claim.findings.add(
      'change_unattributed',
      `Row change ${id} of ${tableName} ${rowId} stands at place ${leafIndex} of log ${this.claim.origin}, where no entry is`,
    );
  };

  private name({ id, leafIndex }: PlacedEntry): string {
    return `entry ${leafIndex} of log ${this.claim.origin} (${id})`;
  }
}

/** Hashes the payload that rows make; what cannot be read as a payload has no hash. */
class PayloadReading {
  private hasher: PayloadHasher | undefined;

  constructor(entry: PlacedEntry, subjects: readonly string[]) {
    const { salt } = entry;
    if (salt !== null) this.attempt(() => (this.hasher = new PayloadHasher(salt, entry, subjects)));
  }

  add(change: RecordedChange): void {
    this.attempt(() => this.hasher?.add(change));
  }

  digest(): string | undefined {
    return this.hasher?.digest();
  }

  private attempt(step: () => unknown): void {
    try {
      step();
    } catch (error) {
      if (!(error instanceof LeafError || error instanceof RangeError)) throw error;
      this.hasher = undefined;
    }
  }
}

type Camel<Name extends string> = Name extends `${infer Head}_${infer Tail}`
  ? `${Head}${Capitalize<Camel<Tail>>}`
  : Name;

const camelCase = <Name extends string>(name: Name) =>
  name.replace(/_(\w)/g, (_match, letter: string) => letter.toUpperCase()) as Camel<Name>;

/** The hash of the leaf that is made from a row; undefined when none can be. */
function leafHashOf(entry: PlacedEntry): Buffer | undefined {
  try {
    return hashLeaf(leafOf(entry));
  } catch (error) {
    if (error instanceof LeafError) return undefined;
    throw error;
  }
}
