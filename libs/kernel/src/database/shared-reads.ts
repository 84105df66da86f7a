import type { Statement } from './dialects/dialect.js';

interface Waiting {
  readonly statement: Statement;
  resolve(rows: unknown[]): void;
  reject(error: unknown): void;
}

/** Bounds what one slow statement can hold up, and the size of one message to the database. */
const MAX_TOGETHER = 32;

/**
 * Sends reads that are asked for in the same turn of the event loop, by one request or by many, to the database in one
 * round trip. Each is a statement of its own with an answer of its own: nothing is cached, nothing waits for a timer.
 * For short reads by key, because the answers come one after another.
 */
export class SharedReads {
  private waiting: Waiting[] = [];

  /** `together` runs statements in order and gives the rows of each. */
  constructor(private readonly together: (statements: readonly Statement[]) => Promise<unknown[][]>) {}

  /** The rows of one statement. */
  read(statement: Statement): Promise<unknown[]> {
    return new Promise((resolve, reject) => {
      if (this.waiting.length === 0) setImmediate(() => void this.flush());
      this.waiting.push({ statement, resolve, reject });
      if (this.waiting.length === MAX_TOGETHER) void this.flush();
    });
  }

  private async flush(): Promise<void> {
    const batch = this.waiting;
    this.waiting = [];
    if (batch.length > 0) await this.run(batch);
  }

  private async run(batch: readonly Waiting[]): Promise<void> {
    try {
      const answers = await this.together(batch.map(({ statement }) => statement));
      for (const [index, waiting] of batch.entries()) waiting.resolve(answers[index] ?? []);
    } catch (error) {
      // One statement's mistake is not its neighbours': each is asked again, alone.
      if (batch.length > 1) for (const each of batch) await this.run([each]);
      else batch[0]?.reject(error);
    }
  }
}
