import { listOf, type Statement } from './dialects/dialect.js';

/** A row of a SELECT for many keys: it says which of them it belongs to. */
export interface OfKey {
  readonly forKey: string;
}

/** Bounds what one statement can hold up. */
const MAX_KEYS = 32;

interface Asker {
  readonly key: string;
  resolve(rows: unknown[]): void;
  reject(error: unknown): void;
}

/**
 * One SELECT for all keys that are asked for before it is sent. The database spends far more on planning a small SELECT
 * than on the row of a further key.
 */
export class KeyedRead {
  private readonly keys = new Set<string>();
  private readonly askers: Asker[] = [];

  constructor(private readonly sql: string) {
    // Values travel with those of other statements, and one too few would be filled up from a neighbour's.
    if (!/^[^?]* IN \(\?\)[^?]*$/.test(sql)) throw new Error(`Keys go into one "IN (?)": ${sql}`);
  }

  /** Whether this key can be asked for as well. */
  hasRoomFor(key: string): boolean {
    return this.keys.size < MAX_KEYS || this.keys.has(key);
  }

  /** Asks for one key more; gives the rows of that key alone. */
  rowsOf(key: string): Promise<unknown[]> {
    return new Promise((resolve, reject) => this.add({ key, resolve, reject }));
  }

  get statement(): Statement {
    const parameters = [...this.keys];
    return { sql: this.sql.replace('(?)', listOf(parameters)), parameters };
  }

  /** One for each key. */
  split(): KeyedRead[] {
    return [...this.keys].map((key) => {
      const one = new KeyedRead(this.sql);
      for (const asker of this.askers) if (asker.key === key) one.add(asker);
      return one;
    });
  }

  resolve(rows: unknown[]): void {
    for (const { key, resolve } of this.askers) resolve((rows as OfKey[]).filter(isOf(key)));
  }

  reject(error: unknown): void {
    for (const asker of this.askers) asker.reject(error);
  }

  private add(asker: Asker): void {
    this.keys.add(asker.key);
    this.askers.push(asker);
  }
}

/** Whether a row is this key's, byte for byte: MySQL finds `a` for `a ` as well. */
export const isOf =
  (key: string) =>
  ({ forKey }: OfKey): boolean =>
    forKey === key;
