import type { Dialect, Statement } from './dialects/dialect.js';
import { KeyedRead } from './keyed-read.js';

interface Waiting {
  readonly statement: Statement;
  /** The same in parts, of which a mistake may spoil some and not others. */
  split?(): readonly Waiting[];
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
 * round trip. Nothing is cached, nothing waits for a timer. Each is a statement of its own with an answer of its own,
 * but look-ups by key with the same SQL are one statement. For short reads by key, because the answers come one after
 * another.
 */
export class SharedReads {
  private waiting: Waiting[] = [];
  /** By SQL: statements that take in keys until the turn ends. */
  private readonly keyed = new Map<string, KeyedRead[]>();
  private isScheduled = false;

  constructor(private readonly carrier: ReadCarrier) {}

  /** The rows of one statement. */
  read(statement: Statement): Promise<unknown[]> {
    return new Promise((resolve, reject) => this.add({ statement, resolve, reject }));
  }

  /** The rows of one key out of a SELECT for many, in the form that {@link KeyedRead} takes. */
  readEach(sql: string, key: string): Promise<unknown[]> {
    return this.keyedRead(sql, key).rowsOf(key);
  }

  private keyedRead(sql: string, key: string): KeyedRead {
    const reads = this.keyed.get(sql) ?? [];
    const open = reads.find((one) => one.hasRoomFor(key));
    if (open) return open;
    const read = new KeyedRead(sql);
    this.keyed.set(sql, [...reads, read]);
    this.sendWhenTurnEnds();
    return read;
  }

  private add(waiting: Waiting): void {
    this.waiting.push(waiting);
    if (this.waiting.length === MAX_TOGETHER) void this.send(this.waiting.splice(0));
    else this.sendWhenTurnEnds();
  }

  private sendWhenTurnEnds(): void {
    if (this.isScheduled) return;
    this.isScheduled = true;
    setImmediate(() => {
      this.isScheduled = false;
      // Statements with keys come first and in the order in which their SQL was, so that they share a message.
      const reads = [...[...this.keyed.values()].flat(), ...this.waiting.splice(0)];
      this.keyed.clear();
      while (reads.length > 0) void this.send(reads.splice(0, MAX_TOGETHER));
    });
  }

  private async send(batch: readonly Waiting[]): Promise<void> {
    const failure = await this.ask(batch);
    if (!failure) return;
    const [first, ...others] = batch;
    if (!this.carrier.isMistake(failure.cause)) rejectAll(batch, failure.cause);
    else if (others.length > 0) await this.askEach(batch);
    else if (first) this.refuse(first, failure.cause);
  }

  /** One key's mistake is not its neighbours', as when the database cannot compare it: each key is asked for alone. */
  private refuse(waiting: Waiting, mistake: unknown): void {
    const parts = waiting.split?.() ?? [];
    if (parts.length > 1) for (const part of parts) this.add(part);
    else waiting.reject(mistake);
  }

  /** One statement's mistake is not its neighbours': each is asked again, alone, until something else goes wrong. */
  private async askEach(batch: readonly Waiting[]): Promise<void> {
    for (const [index, each] of batch.entries()) {
      const failure = await this.ask([each]);
      if (!failure) continue;
      if (!this.carrier.isMistake(failure.cause)) return rejectAll(batch.slice(index), failure.cause);
      this.refuse(each, failure.cause);
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
