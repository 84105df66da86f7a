import { detached } from '../context/ambient.js';
import type { WholeUnit } from '../database/dialects/dialect.js';

interface Waiting {
  readonly unit: WholeUnit;
  resolve(): void;
  reject(error: unknown): void;
}

/** Bounds what is rolled back, and asked for again one by one, when a unit of a batch fails. */
const MAX_TOGETHER = 16;
/**
 * Bounds the size of one message to the database, which loses the connection over one that is too large; a unit that is
 * larger goes alone. A long value counts as several.
 */
const MAX_VALUES = 5_000;
const LONG_VALUE = 200;
/** A batch that takes longer than this waits for somebody's lock; it is not counted among those under way any more. */
const PATIENCE_MS = 20;

/**
 * Commits units that are under way at the same moment in one transaction, so that they share its round trip and its
 * write to the disk. While batches are being committed, the next one gathers; nothing waits for a timer otherwise.
 * A unit must not suffer from its neighbours: when a batch fails, each of its units is committed alone.
 */
export class SharedCommits {
  private waiting: Waiting[] = [];
  private underWay = 0;
  private isScheduled = false;

  /**
   * `together` commits units in one transaction, all or none; `maxUnderWay` such at a time. `mayRepeat` says whether an
   * error means for certain that nothing was committed.
   */
  constructor(
    private readonly together: (units: readonly WholeUnit[]) => Promise<void>,
    private readonly mayRepeat: (error: unknown) => boolean,
    private readonly maxUnderWay: number,
  ) {}

  /** Resolves when the unit is committed. */
  commit(unit: WholeUnit): Promise<void> {
    return new Promise((resolve, reject) => {
      this.waiting.push({ unit, resolve, reject });
      if (this.underWay < this.maxUnderWay) this.schedule();
    });
  }

  private schedule(): void {
    if (this.isScheduled || this.waiting.length === 0) return;
    this.isScheduled = true;
    // One batch leads to the next: none of them belongs to the request whose unit came first.
    detached(() =>
      setImmediate(() => {
        this.isScheduled = false;
        void this.flush();
      }),
    );
  }

  private async flush(): Promise<void> {
    const batch = this.take();
    if (batch.length === 0) return;
    this.underWay += 1;
    let ended = () => {
      ended = () => {};
      this.underWay -= 1;
      if (this.underWay < this.maxUnderWay) this.schedule();
    };
    const impatience = setTimeout(() => ended(), PATIENCE_MS);
    await this.run(batch);
    clearTimeout(impatience);
    ended();
  }

  private take(): Waiting[] {
    let values = 0;
    const end = this.waiting.findIndex(({ unit }, index) => {
      values += valuesIn(unit);
      return index > 0 && (index === MAX_TOGETHER || values > MAX_VALUES);
    });
    return this.waiting.splice(0, end === -1 ? this.waiting.length : end);
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    try {
      await this.together(batch.map(({ unit }) => unit));
      for (const { resolve } of batch) resolve();
    } catch (error) {
      if (batch.length > 1 && this.mayRepeat(error)) {
        await Promise.all(batch.map((each) => this.run([each])));
      } else {
        for (const { reject } of batch) reject(error);
      }
    }
  }
}

const valuesIn = ({ tail }: WholeUnit): number =>
  tail.reduce((sum, { parameters }) => parameters.reduce(plusValue, sum), 0);

const plusValue = (sum: number, value: unknown): number =>
  sum + 1 + (typeof value === 'string' || Buffer.isBuffer(value) ? Math.floor(value.length / LONG_VALUE) : 0);
