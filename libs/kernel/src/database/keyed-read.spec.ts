import { afterAll, beforeAll, beforeEach, describe, expect, it, type MockInstance, vi } from 'vitest';
import { type BootedModule, bootTestModule, describeOnEveryDialect } from '#kernel/testing';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import { Database } from './database.js';
import type { Dialect } from './dialects/dialect.js';
import { KeyedRead } from './keyed-read.js';

const HANDLERS =
  'SELECT message_id AS forKey, handler FROM outbox_delivery WHERE message_id IN (?) ORDER BY handler, message_id';
const MESSAGES = 'SELECT id AS forKey FROM outbox_message WHERE id IN (?)';
const UNIT = { action: 'test.deliver', recorded: false } as const;

describe('a SELECT for many keys', () => {
  it.each(['SELECT 1', 'SELECT id FROM t WHERE id = ?', 'SELECT id FROM t WHERE n = ? AND id IN (?)'])(
    'takes them in one place and nothing beside them: not %s',
    (sql) => {
      expect(() => new KeyedRead(sql)).toThrow('Keys go into one "IN (?)"');
    },
  );
});

describeOnEveryDialect('look-ups by key that are asked for together', (dialect) => {
  let app: BootedModule;
  let database: Database;
  let readTogether: MockInstance<Dialect['readTogether']>;

  beforeAll(async () => {
    app = await bootTestModule({ dialect, nullPorts: true });
    database = app.get(Database);
    await app.get(UnitOfWork).run(UNIT, async () => {
      for (const [message, handler] of ['a2', 'b1', 'a1', 'c3']) await deliver(message, handler);
    });
  });

  beforeEach(() => {
    readTogether = vi.spyOn(database.dialect, 'readTogether');
    return () => readTogether.mockRestore();
  });

  afterAll(() => app.close());

  const deliver = (message = '', handler = '') =>
    database.query('INSERT INTO outbox_delivery (message_id, handler, delivered_at) VALUES (?, ?, ?)', [
      message,
      handler,
      new Date(),
    ]);

  const handlersOf = async (key: string) =>
    (await database.lookUpEach<{ handler: string }>(HANDLERS, key)).map(({ handler }) => handler).join();

  /** Message by message, the keys of each statement. */
  const trips = () =>
    readTogether.mock.calls.map(([, statements]) => statements.map(({ parameters }) => parameters.length));

  it('are one statement, of which each gets the rows of its key, in their order', async () => {
    expect(await Promise.all(['c', 'a', 'none', 'b'].map(handlersOf))).toEqual(['3', '1,2', '', '1']);
    expect(trips()).toEqual([[4]]);
  });

  it('name a key once that several ask for', async () => {
    expect(await Promise.all(['a', 'b', 'a', 'a'].map(handlersOf))).toEqual(['1,2', '1', '1,2', '1,2']);
    expect(trips()).toEqual([[2]]);
  });

  it('share their message with other reads of the turn, whoever asks first', async () => {
    const message = (key: string) => database.lookUpEach(MESSAGES, key);
    const one = () => database.lookUp('SELECT 1 AS one');
    await Promise.all([one(), handlersOf('a'), message('x'), handlersOf('b'), one(), message('y')]);
    expect(trips()).toEqual([[2, 2, 0, 0]]);
  });

  it('gather until the turn ends, also when the others already fill a message', async () => {
    const others = Array.from({ length: 4 }, () => database.lookUp('SELECT 1 AS one'));
    await Promise.all([handlersOf('a'), ...others, handlersOf('b')]);
    expect(trips()).toEqual([[0, 0, 0, 0], [2]]);
  });

  it('are several statements when there are very many keys', async () => {
    const keys = Array.from({ length: 70 }, (_, index) => `k${index}`);
    expect(await Promise.all([...keys, 'a', 'k0'].map(handlersOf))).toEqual([
      ...keys.map(() => ''),
      '1,2',
      '',
    ]);
    expect(trips()).toEqual([[32, 32, 7]]);
  });

  it('are asked again the next time', async () => {
    await app.get(UnitOfWork).run(UNIT, () => deliver('d', '1'));
    expect(await handlersOf('d')).toBe('1');
    await app.get(UnitOfWork).run(UNIT, () => deliver('d', '2'));
    expect(await handlersOf('d')).toBe('1,2');
  });

  it('tell keys apart byte for byte, as MySQL does not', async () => {
    expect(await Promise.all(['a ', 'a', 'A'].map(handlersOf))).toEqual(['', '1,2', '']);
    expect(await handlersOf('a ')).toBe('');
    expect(await app.get(UnitOfWork).run(UNIT, () => handlersOf('a '))).toBe('');
  });

  it('read inside a unit what the unit wrote, and alone', async () => {
    const found = await app.get(UnitOfWork).run(UNIT, async () => {
      await deliver('e', '1');
      return Promise.all(['e', 'a'].map(handlersOf));
    });
    expect(found).toEqual(['1', '1,2']);
    expect(trips()).toEqual([]);
  });

  it('fail for all who asked when the statement is wrong, and for nobody else', async () => {
    const wrong = (key: string) =>
      database.lookUpEach('SELECT id AS forKey FROM nothing WHERE id IN (?)', key);
    const answers = await Promise.allSettled([wrong('a'), handlersOf('a'), wrong('b'), handlersOf('b')]);
    expect(answers.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
  });

  it('fail for one who asked when it is the key that is wrong', async () => {
    const answers = await Promise.allSettled(['a', 'ü', 'b'].map(handlersOf));
    // MariaDB cannot compare a letter beyond ASCII with an id.
    expect(answers).toEqual([
      { status: 'fulfilled', value: '1,2' },
      dialect === 'sqlite'
        ? { status: 'fulfilled', value: '' }
        : { status: 'rejected', reason: expect.anything() as unknown },
      { status: 'fulfilled', value: '1' },
    ]);
  });
});
