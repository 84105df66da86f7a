import { describe, expect, it } from 'vitest';
import type { Statement } from './dialects/dialect.js';
import { SharedReads } from './shared-reads.js';

/** A database that answers each statement with its own text, and refuses a trip that holds the statement `wrong`. */
function database() {
  const trips: string[][] = [];
  const together = (statements: readonly Statement[]): Promise<unknown[][]> => {
    const texts = statements.map(({ sql }) => sql);
    trips.push(texts);
    return texts.includes('wrong')
      ? Promise.reject(new Error('syntax'))
      : Promise.resolve(texts.map((text) => [text]));
  };
  const reads = new SharedReads(together);
  return { trips, read: (sql: string) => reads.read({ sql, parameters: [] }) };
}

describe('reads of one turn', () => {
  it('share a round trip, and each gets its own answer', async () => {
    const { trips, read } = database();
    expect(await Promise.all([read('a'), read('b')])).toEqual([['a'], ['b']]);
    expect(await read('c')).toEqual(['c']);
    expect(trips).toEqual([['a', 'b'], ['c']]);
  });

  it('do not suffer from a mistake of another', async () => {
    const { read } = database();
    const answers = await Promise.allSettled([read('a'), read('wrong'), read('b')]);
    expect(answers.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  });

  it('come in several trips when they are many', async () => {
    const { trips, read } = database();
    await Promise.all(Array.from({ length: 70 }, (_, index) => read(`${index}`)));
    expect(trips.map(({ length }) => length)).toEqual([32, 32, 6]);
  });
});
