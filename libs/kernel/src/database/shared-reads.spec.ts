import { setImmediate as nextTurn } from 'node:timers/promises';
import { describe, expect, it, vi } from 'vitest';
import { bootTestModule, describeOnEveryDialect, describeOnEveryServer } from '#kernel/testing';
import { Database } from './database.js';
import type { Statement } from './dialects/dialect.js';
import { SharedReads } from './shared-reads.js';

/**
 * A database that answers each statement with its own text, refuses a trip that holds the statement `wrong`, and is
 * gone from the trip on that holds the statement `outage`.
 */
function database() {
  const trips: string[][] = [];
  let isGone = false;
  const together = (statements: readonly Statement[]): Promise<unknown[][]> => {
    const texts = statements.map(({ sql }) => sql);
    trips.push(texts);
    isGone ||= texts.includes('outage') && !texts.includes('wrong');
    if (isGone) return Promise.reject(new Error('connection lost'));
    return texts.includes('wrong')
      ? Promise.reject(new SyntaxError('syntax'))
      : Promise.resolve(texts.map((text) => [text]));
  };
  const reads = new SharedReads({ together, isMistake: (error) => error instanceof SyntaxError });
  return { trips, read: (sql: string) => reads.read({ sql, parameters: [] }) };
}

const outcomes = async (answers: readonly Promise<unknown[]>[]) =>
  (await Promise.allSettled(answers)).map((answer) =>
    answer.status === 'fulfilled' ? 'answered' : (answer.reason as Error).message,
  );

describe('reads of one turn', () => {
  it('share a round trip, and each gets its own answer', async () => {
    const { trips, read } = database();
    expect(await Promise.all([read('a'), read('b')])).toEqual([['a'], ['b']]);
    expect(await read('c')).toEqual(['c']);
    expect(trips).toEqual([['a', 'b'], ['c']]);
  });

  it('do not suffer from a mistake of another', async () => {
    const { read } = database();
    expect(await outcomes([read('a'), read('wrong'), read('b')])).toEqual(['answered', 'syntax', 'answered']);
  });

  it('fail all at once when it is nobody’s mistake: no outage is asked again and again', async () => {
    const { trips, read } = database();
    expect(new Set(await outcomes(['a', 'outage', 'b'].map(read)))).toEqual(new Set(['connection lost']));
    expect(trips).toHaveLength(1);
  });

  it('fail together when the database goes while each is asked alone', async () => {
    const { trips, read } = database();
    const answers = await outcomes(['a', 'wrong', 'outage', 'b'].map(read));
    expect(answers).toEqual(['answered', 'syntax', 'connection lost', 'connection lost']);
    expect(trips).toHaveLength(4);
  });

  it('come in several trips when they are many', async () => {
    const { trips, read } = database();
    await Promise.all(Array.from({ length: 10 }, (_, index) => read(`${index}`)));
    expect(trips.map(({ length }) => length)).toEqual([4, 4, 2]);
  });

  it('leave no empty trip behind when they fill one', async () => {
    const { trips, read } = database();
    await Promise.all(['a', 'b', 'c', 'd'].map(read));
    await nextTurn();
    expect(trips).toHaveLength(1);
  });
});

describeOnEveryDialect('a mistake of one statement', (dialect) => {
  it('is told from the others by the database itself', async () => {
    const app = await bootTestModule({ dialect, nullPorts: true });
    const read = (sql: string, parameters: unknown[] = []) => app.get(Database).lookUp(sql, parameters);
    const answers = await outcomes([
      read('SELECT 1 AS one'),
      read('SELEKT 1'),
      read('SELECT * FROM no_such_table'),
      read('SELECT id FROM outbox_message WHERE id = ?', ['ü']),
      read('SELECT 2 AS two'),
    ]);
    await app.close();
    // MariaDB cannot compare a letter beyond ASCII with an id: a mistake that comes from outside.
    const comparesLetters = dialect === 'sqlite';
    expect(answers.map((answer) => answer === 'answered')).toEqual([
      true,
      false,
      false,
      comparesLetters,
      true,
    ]);
  });
});

describeOnEveryServer('an outage for a batch of reads', (dialect) => {
  const many = 'WITH RECURSIVE n AS (SELECT 1 AS i UNION ALL SELECT i + 1 FROM n WHERE i < 900)';
  const takeTooLong =
    dialect === 'mariadb'
      ? 'SET STATEMENT max_statement_time = 0.05 FOR SELECT SLEEP(2)'
      : `${many} SELECT /*+ MAX_EXECUTION_TIME(50) */ COUNT(*) FROM n a, n b, n c`;

  it.each([
    ['a timeout', takeTooLong],
    ['a killed query', 'KILL QUERY CONNECTION_ID()'],
    ['a lost connection', 'KILL CONNECTION_ID()'],
  ])('is %s: the others are not asked again', async (_name, statement) => {
    const app = await bootTestModule({ dialect, nullPorts: true });
    const database = app.get(Database);
    let trips = 0;
    const readTogether = database.dialect.readTogether.bind(database.dialect);
    Object.assign(database.dialect, {
      readTogether: (...args: Parameters<typeof readTogether>) => {
        trips += 1;
        return readTogether(...args);
      },
    });
    const answers = await outcomes(
      ['SELECT 1 AS one', statement, 'SELECT 2 AS two'].map((sql) => database.lookUp(sql)),
    );
    Object.assign(database.dialect, { readTogether });
    // The pool may hand out a killed connection once more before it learns of it.
    await vi.waitFor(() => database.lookUp('SELECT 3 AS three'), 20_000);
    await app.close();
    expect(new Set(answers).size).toBe(1);
    expect(answers).not.toContain('answered');
    expect(trips).toBe(1);
  });
});
