import type { Dialect, Statement } from './dialects/dialect.js';

interface Waiting {
  readonly statement: Statement;
  resolve(rows: unknown[]): void;
  reject(error: unknown): void;
}

/** What carries reads to the database, and can tell whose fault an error is. */
export interface ReadCarrier extends Pick<Dialect, 'isMistake'> {
  /** Runs statements in order and gives the rows of each. */
  together(statements: readonly Statement[]): Promise<unknown[][]>;
}

/**
 * Bounds what one slow statement can hold up, and the size of one message to the database. Also: while one batch is
 * answered, the database can work on the next.
 */
const MAX_TOGETHER = 4;

/**
 * Sends reads that are asked for in the same turn of the event loop, by one request or by many, to the database in one
 * round trip. Each is a statement of its own with an answer of its own: nothing is cached, nothing waits for a timer.
 * For short reads by key, because the answers come one after another.
 */
export class SharedReads {
  private waiting: Waiting[] = [];

  constructor(private readonly carrier: ReadCarrier) {}

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
    const failure = await this.ask(batch);
    if (!failure) return;
    if (batch.length === 1 || !this.carrier.isMistake(failure.cause)) rejectAll(batch, failure.cause);
    else await this.askEach(batch);
  }

  /** One statement's mistake is not its neighbours': each is asked again, alone, until something else goes wrong. */
  private async askEach(batch: readonly Waiting[]): Promise<void> {
    for (const [index, each] of batch.entries()) {
      const failure = await this.ask([each]);
      if (!failure) continue;
      if (!this.carrier.isMistake(failure.cause)) return rejectAll(batch.slice(index), failure.cause);
      each.reject(failure.cause);
    }
  }

  /** Gives each its rows; or what went wrong. */
  private async ask(batch: readonly Waiting[]): Promise<{ readonly cause: unknown } | undefined> {
    try {
      const answers = await this.carrier.together(batch.map(({ statement }) => statement));
      for (const [index, waiting] of batch.entries()) waiting.resolve(answers[index] ?? []);
      return undefined;
    } catch (cause) {
      return { cause };
    }
  }
}

function rejectAll(batch: readonly Waiting[], error: unknown): void {
  for (const each of batch) each.reject(error);
}
