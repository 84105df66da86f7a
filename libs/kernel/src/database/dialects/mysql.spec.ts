import { getDataSourceToken } from '@nestjs/typeorm';
import type { Pool } from 'mysql2';
import { type Connection, createConnection, type RowDataPacket } from 'mysql2/promise';
import type { DataSource } from 'typeorm';
import { afterAll, beforeAll, beforeEach, describe, expect, it, vi } from 'vitest';
import { type BootedModule, bootTestModule, describeOnEveryServer } from '../../testing/index.js';
import { Ambient } from '../../context/ambient.js';
import { UnitOfWork } from '../../unit-of-work/unit-of-work.js';
import { WRITER } from '../database.js';
import { type Frame, framed, type Statement, type WholeUnit } from './dialect.js';
import { mysql } from './mysql.js';

type Sent = string | { readonly sql: string; readonly timeout?: number };

interface Driver {
  query(what: Sent, ...rest: unknown[]): unknown;
}

const inserted = (frame: Frame, parameters: unknown[]): Statement => ({
  sql: framed(frame, parameters),
  parameters,
  frame,
});
const PARENT = { before: 'INSERT INTO parent VALUES', isCaptured: true };
const CHILD = { before: 'INSERT INTO child VALUES', isCaptured: true };
const parent = (id: string) => inserted(PARENT, [id]);
const child = (id: string, of: string) => inserted(CHILD, [id, of]);
const unit = (entryId: string | null, ...tail: Statement[]): WholeUnit => ({ entryId, tail });

describeOnEveryServer('units on a server', (dialect) => {
  let app: BootedModule;
  let writer: DataSource;
  let driver: Driver;
  let outside: Connection;

  beforeAll(async () => {
    app = await bootTestModule({ dialect, nullPorts: true });
    writer = app.get<DataSource>(getDataSourceToken(WRITER) as string);
    driver = await driverOf(writer);
    outside = await createConnection(app.database.url!);
    await outside.query('CREATE TABLE seen (id VARCHAR(10), entry VARCHAR(10))');
    await createCaptured('parent', 'id VARCHAR(10) PRIMARY KEY');
    await createCaptured(
      'child',
      'id VARCHAR(10) PRIMARY KEY, parent VARCHAR(10), FOREIGN KEY (parent) REFERENCES parent (id)',
    );
  });
  afterAll(async () => {
    await outside.end();
    await app.close();
  });
  beforeEach(async () => {
    for (const table of ['child', 'parent', 'seen']) await outside.query(`DELETE FROM ${table}`);
  });

  /** A table whose trigger says under which entry each of its rows came. */
  async function createCaptured(table: string, columns: string, id = 'id'): Promise<void> {
    await outside.query(`CREATE TABLE ${table} (${columns})`);
    await outside.query(
      `CREATE TRIGGER ${table}_seen AFTER INSERT ON ${table} FOR EACH ROW INSERT INTO seen VALUES (NEW.${id}, @steward_entry)`,
    );
  }
  const rows = async (sql: string) =>
    (await outside.query<RowDataPacket[]>(sql))[0].map((row) => ({ ...row }));
  const seen = async () => (await rows('SELECT * FROM seen')).map(({ id, entry }) => [id, entry]);
  /** Sends something else than what was to be sent. */
  const sending = (instead: (what: Sent) => Sent) => {
    const original = driver.query;
    return vi.spyOn(driver, 'query').mockImplementation(function (this: unknown, what, ...rest) {
      return original.call(this, instead(what), ...rest);
    });
  };
  const write = (...units: WholeUnit[]) => mysql.write(writer, units);

  it('insert a row behind the one that it refers to, whatever others of the batch insert first', async () => {
    await write(unit('a', parent('p1')));
    await write(
      unit('b', child('c1', 'p1'), parent('p2'), child('c2', 'p2')),
      unit('c', parent('p3'), child('c3', 'p3')),
    );
    expect((await seen()).sort()).toEqual([
      ['c1', 'b'],
      ['c2', 'b'],
      ['c3', 'c'],
      ['p1', 'a'],
      ['p2', 'b'],
      ['p3', 'c'],
    ]);
  });

  it('attribute a change to nobody rather than to somebody else', async () => {
    await write(
      unit(null, parent('p1')),
      unit('a', parent('p2')),
      unit('b', { sql: 'INSERT INTO parent VALUES (?)', parameters: ['p3'] }),
      unit('c', inserted({ before: 'INSERT INTO parent (id) VALUES' }, ['p4'])),
    );
    expect((await seen()).sort()).toEqual([
      ['p1', null],
      ['p2', 'a'],
      ['p3', 'b'],
      ['p4', null],
    ]);
  });

  it('take any first value as it is', async () => {
    const firsts: [type: string, values: unknown[]][] = [
      ['BIGINT', [9223372036854775807n, -9223372036854775808n, null]],
      ['BLOB', [Buffer.from([0, 39, 92, 255]), Buffer.alloc(0), null]],
      ['DATETIME(6)', [new Date('2026-01-01T00:00:00.123Z'), null]],
      ['TINYINT', [true, false, null]],
      ['DECIMAL(30, 10)', ['12345678901234567890.0123456789', null]],
      ['TEXT', ["'; DROP TABLE parent; --", "\\'); -- ", '?', '??', '\u0000\u001a\n"`', 'é\u{1F600}', null]],
      ['INT AUTO_INCREMENT PRIMARY KEY', [null, 5, null]],
    ];
    for (const [index, [type, values]] of firsts.entries()) {
      const [captured, plain] = [`captured_${index}`, `plain_${index}`];
      await createCaptured(captured, `first ${type}, n INT`, 'n');
      await outside.query(`CREATE TABLE ${plain} (first ${type}, n INT)`);
      const into = (frame: Frame) => (value: unknown, n: number) =>
        unit(n === 1 ? null : `e${n}`, inserted(frame, [value, n]));
      await write(
        ...values.map(into({ before: `INSERT INTO ${captured} VALUES`, isCaptured: true })),
        ...values.map(into({ before: `INSERT INTO ${plain} VALUES` })),
      );
      expect(await rows(`SELECT * FROM ${captured} ORDER BY n`), type).toEqual(
        await rows(`SELECT * FROM ${plain} ORDER BY n`),
      );
      expect(await seen(), type).toEqual(values.map((_, n) => [`${n}`, n === 1 ? null : `e${n}`]));
      await outside.query('DELETE FROM seen');
    }
  });

  describe('that wait for a lock', () => {
    const waiting = () =>
      rows(
        "SELECT id FROM information_schema.processlist WHERE db = DATABASE() AND info LIKE 'INSERT INTO parent%'",
      );
    beforeEach(async () => {
      await outside.query('START TRANSACTION');
      await outside.query("INSERT INTO parent VALUES ('taken')");
    });

    it('may have been committed for all one knows when they are interrupted', async () => {
      const failed = write(unit('a', parent('p1')), unit('b', parent('taken'))).catch(
        (error: unknown) => error,
      );
      await vi.waitFor(async () => {
        const [batch] = await waiting();
        await outside.query(`KILL QUERY ${batch!['id']}`);
      }, 20_000);
      const error = await failed;
      await outside.query('ROLLBACK');
      expect([mysql.isFatal(error), mysql.isMistake(error), mysql.isRetryable(error)]).toEqual([
        true,
        false,
        false,
      ]);
      await write(unit('c', parent('p2')));
      expect(await seen()).toEqual([['p2', 'c']]);
    });

    it('give up a connection that does not answer', async () => {
      const impatient = sending((what) =>
        typeof what === 'object' && what.timeout !== undefined ? { ...what, timeout: 100 } : what,
      );
      const error = await write(unit('a', parent('taken'))).catch((reason: unknown) => reason);
      impatient.mockRestore();
      await outside.query('ROLLBACK');
      expect(mysql.isFatal(error)).toBe(true);
      await vi.waitFor(async () => expect(await waiting()).toEqual([]), 20_000);
      await write(unit('b', parent('p1')));
    });
  });

  it('delete together without waiting for rows that others hold', async () => {
    await outside.query(
      'CREATE TABLE waiting (id VARCHAR(40) CHARACTER SET ascii COLLATE ascii_bin PRIMARY KEY)',
    );
    const ids = Array.from({ length: 20 }, (_, index) => `id-${10 + index}`);
    await outside.query('INSERT INTO waiting VALUES ?', [ids.map((id) => [id])]);
    await outside.query('START TRANSACTION');
    await outside.query("DELETE FROM waiting WHERE id = 'id-10'");
    await outside.query("INSERT INTO waiting VALUES ('id-15 new')");
    const frame = mysql.deleteById('`waiting`');
    await write(...ids.slice(2, 18).map((id) => unit(null, inserted(frame, [id]))));
    await outside.query('COMMIT');
    const left = (await rows('SELECT id FROM waiting ORDER BY id')).map(({ id }) => id);
    expect(left).toEqual(['id-11', 'id-15 new', 'id-28', 'id-29']);
  });

  it('fail as of an outage when the server has closed an idle connection, and has a last word about it', async () => {
    const connection = await createConnection(app.database.url!);
    connection.on('error', () => {});
    await connection.query('SET SESSION wait_timeout = 1');
    // Busy meanwhile: this process has not read that word when it sends the next statement.
    Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 2_000);
    const error = await connection.query('SELECT 1').catch((reason: unknown) => reason);
    connection.destroy();
    expect(error).toBeInstanceOf(Error);
    expect([mysql.isFatal(error), mysql.isMistake(error)]).toEqual([true, false]);
  });

  it('leave a connection whose server takes no changes any more, as after a failover', async () => {
    const used: string[] = [];
    const isThere = async () =>
      (await rows('SELECT id FROM information_schema.processlist')).some(
        ({ id }) => String(id) === used.at(-1),
      );
    const failing = (number: number, state: string) =>
      app.get(UnitOfWork).run({ action: 'test', recorded: false }, async ({ manager }) => {
        const [connection] = (await manager.query('SELECT CONNECTION_ID() AS id')) as { id: unknown }[];
        used.push(String(connection?.id));
        await manager
          .query(`SIGNAL SQLSTATE '${state}' SET MYSQL_ERRNO = ${number}`)
          .catch((cause: unknown) => Promise.reject(new Error('in the words of a use case', { cause })));
      });
    await expect(failing(1644, '45000')).rejects.toThrow();
    expect(await isThere()).toBe(true);
    await expect(failing(1290, 'HY000')).rejects.toThrow();
    await vi.waitFor(async () => expect(await isThere()).toBe(false), 20_000);
  });

  it('end with COMMIT, so that no error comes behind it', async () => {
    const query = vi.spyOn(driver, 'query');
    await write(unit('a', parent('p1')));
    const runner = writer.createQueryRunner();
    await mysql.begin(runner, 'b');
    await mysql.commit(runner, [parent('p2')]);
    await runner.release();
    const texts = query.mock.calls.map(([what]) => (typeof what === 'string' ? what : what.sql));
    query.mockRestore();
    expect(texts.filter((text) => /\bCOMMIT\b/.test(text))).toEqual([
      expect.stringMatching(/; COMMIT$/),
      expect.stringMatching(/; COMMIT$/),
    ]);
    expect(await seen()).toEqual([
      ['p1', 'a'],
      ['p2', 'b'],
    ]);
  });

  it('open connections that keep nothing of the request which needs them', async () => {
    const request = new Ambient<string>();
    const kept: unknown[] = [];
    const { pool } = writer.driver as DataSource['driver'] & { readonly pool: Pool };
    pool.on('connection', () => kept.push(request.value));
    const runners = Array.from({ length: 8 }, () => writer.createQueryRunner());
    await request.run('POST', async () => {
      await Promise.all(runners.map((runner) => runner.connect()));
      expect(request.value).toBe('POST');
    });
    await Promise.all(runners.map((runner) => runner.release()));
    expect(new Set(kept)).toEqual(new Set([undefined]));
  });
});

describe('an error of the server', () => {
  const told = (errno: number, sqlState: string) => Object.assign(new Error(), { errno, sqlState });

  it('is an outage when the server takes no connections or no changes', () => {
    const errors = [
      told(1040, '08004'),
      told(1203, '42000'),
      told(1226, '42000'),
      told(1290, 'HY000'),
      told(1836, 'HY000'),
      told(3032, 'HY000'),
    ];
    expect(errors.filter((error) => !mysql.isFatal(error) || mysql.isMistake(error))).toEqual([]);
  });

  it('is a lost race when a group of servers refuses what another one of them was faster with', () => {
    expect(mysql.isRetryable(told(3101, '40000'))).toBe(true);
  });
});

/** What every connection of the driver inherits. */
async function driverOf(writer: DataSource): Promise<Driver> {
  const runner = writer.createQueryRunner();
  const connection: unknown = await runner.connect();
  await runner.release();
  return Object.getPrototypeOf(Object.getPrototypeOf(connection)) as Driver;
}
