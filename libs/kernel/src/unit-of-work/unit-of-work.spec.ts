import { Injectable, Module } from '@nestjs/common';
import { Entity, type EntityManager, type Repository } from 'typeorm';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { afterAll, beforeAll, beforeEach, expect, it, vi } from 'vitest';
import { NotCaptured } from '../classification/capture.js';
import { CodeColumn, IdColumn } from '../columns/columns.js';
import { Database } from '../database/database.js';
import { InjectRepository, repositoryToken } from '../database/repositories.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { feature } from '../features/feature.js';
import { newId } from '../ids/ids.js';
import { columns, createTable } from '../migrations/schema.js';
import { type BootedModule, bootTestModule, describeOnEveryDialect } from '../testing/index.js';
import { MissedUpdate } from './unit.js';
import { UnitOfWork } from './unit-of-work.js';

@Entity('note')
class Note {
  @IdColumn() id: string;
  @CodeColumn() text: string;
}

/** Whoever deletes it may go on. */
@Entity('ticket')
@NotCaptured('toy')
class Ticket {
  @IdColumn() id: string;
}

class CreateNote1700000009000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(runner, 'note', [columns.id(), columns.code('text')], { uniques: [['text']] });
    await createTable(runner, 'ticket', [columns.id()]);
  }
  async down(runner: QueryRunner): Promise<void> {
    await runner.dropTable('ticket');
    await runner.dropTable('note');
  }
}

@Injectable()
class Notes {
  constructor(@InjectRepository(Note) readonly repository: Repository<Note>) {}
}

@Module({
  imports: [feature({ name: 'notes', entities: [Note, Ticket], migrations: [CreateNote1700000009000] })],
  providers: [Notes],
})
class NotesModule {}

const deadlock = () => Object.assign(new Error('deadlock'), { errno: 1213, code: 'SQLITE_BUSY' });
const intent = { action: 'note.write' };

/** Makes the database itself answer one statement with a lost race, leaving the transaction open. */
async function loseRace(manager: EntityManager): Promise<unknown> {
  if (manager.connection.options.type === 'mysql') {
    return manager.query("SIGNAL SQLSTATE '40001' SET MYSQL_ERRNO = 1213");
  }
  const { databaseConnection } = manager.connection.driver as unknown as {
    databaseConnection: { function(name: string, body: () => never): void };
  };
  databaseConnection.function('lose_race', () => {
    throw deadlock();
  });
  return manager.query('SELECT lose_race()');
}

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = () => {};
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

describeOnEveryDialect('the unit of work', (dialect) => {
  let app: BootedModule;
  let units: UnitOfWork;
  let notes: Repository<Note>;
  const texts = async () => (await notes.find({ order: { text: 'ASC' } })).map(({ text }) => text);

  beforeAll(async () => {
    app = await bootTestModule({
      dialect,
      imports: [NotesModule],
      nullPorts: true,
      environment: { DATABASE_POOL_SIZE: '5' },
    });
    units = app.get(UnitOfWork);
    notes = app.get<Repository<Note>>(repositoryToken(Note));
  });
  beforeEach(() => units.run(intent, async ({ manager }) => manager.getRepository(Note).deleteAll()));
  afterAll(() => app.close());

  const write = (text: string) => notes.insert({ id: newId('not'), text });

  it('commits what its work wrote, and reads inside it see its writes', async () => {
    await units.run(intent, async () => {
      await write('a');
      expect(await texts()).toEqual(['a']);
    });
    expect(await texts()).toEqual(['a']);
  });

  it('rolls everything back when its work throws', async () => {
    const failing = units.run(intent, async () => {
      await write('a');
      throw new Error('no');
    });
    await expect(failing).rejects.toThrow('no');
    expect(await texts()).toEqual([]);
  });

  it('lets each of two concurrent units commit or roll back alone', async () => {
    const held = gate();
    const first = units.run(intent, async () => {
      await write('rolled back');
      await held.opened;
      throw new Error('first fails');
    });
    const second = units.run(intent, async () => {
      await write('committed');
    });
    setTimeout(() => held.open(), 20);
    await expect(first).rejects.toThrow('first fails');
    await second;
    expect(await texts()).toEqual(['committed']);
  });

  it('does not let a read outside see what is not committed', async () => {
    let seen: string[] = [];
    const wrote = gate();
    const looked = gate();
    const writing = units.run(intent, async () => {
      await write('a');
      wrote.open();
      await looked.opened;
    });
    await wrote.opened;
    seen = await texts();
    looked.open();
    await writing;
    expect(seen).toEqual([]);
  });

  it('refuses a bare write outside any unit', async () => {
    await expect(write('bare')).rejects.toThrow(/read.?only/i);
    await expect(app.get(Database).query(`DELETE FROM note`)).rejects.toThrow(/read.?only/i);
    expect(await texts()).toEqual([]);
  });

  it('joins the open unit, and a failure in the joined part dooms the whole', async () => {
    const outer = units.run(intent, async () => {
      await write('outer');
      await units
        .run(intent, async () => {
          await write('inner');
          throw kernelErrors.problem('kernel.conflict');
        })
        .catch(() => undefined);
    });
    await expect(outer).rejects.toMatchObject({ code: 'kernel.conflict' });
    expect(await texts()).toEqual([]);
  });

  it('tries the whole unit again after a deadlock, and commits once', async () => {
    let attempts = 0;
    await units.run(intent, async () => {
      attempts += 1;
      await write('once');
      if (attempts < 3) throw deadlock();
    });
    expect(attempts).toBe(3);
    expect(await texts()).toEqual(['once']);
  });

  it('gives up after a few tries and says that the service is unavailable', async () => {
    const failing = units.run(intent, async () => Promise.reject(deadlock()));
    await expect(failing).rejects.toMatchObject({ code: 'kernel.unavailable' });
  });

  it('lets no statement through after a swallowed deadlock', async () => {
    let attempts = 0;
    await units.run(intent, async ({ manager }) => {
      attempts += 1;
      if (attempts > 1) return;
      await loseRace(manager).catch(() => undefined);
      await write('must not commit').catch(() => undefined);
    });
    expect(attempts).toBe(2);
    expect(await texts()).toEqual([]);
  });

  it('runs five units at once on a pool of five that each read through an injected repository', async () => {
    const { repository } = app.get(Notes);
    await Promise.all(
      Array.from({ length: 25 }, (_, index) =>
        units.run(intent, async () => {
          await repository.count();
          await repository.insert({ id: newId('not'), text: `n${index}` });
          await repository.count();
        }),
      ),
    );
    expect(await repository.count()).toBe(25);
  });

  it('refuses statements of a promise that nobody awaited', async () => {
    const late = gate();
    let dangling: Promise<unknown> = Promise.resolve();
    await units.run(intent, async () => {
      dangling = late.opened.then(() => write('late'));
    });
    late.open();
    await expect(dangling).rejects.toThrow(/is over|already released/);
    expect(await texts()).toEqual([]);
  });

  it('leaves no attribution behind after commit and rollback', async () => {
    const attribution = async () => {
      const sql =
        dialect === 'sqlite'
          ? 'SELECT entry_id AS entry FROM audit_context'
          : 'SELECT @steward_entry AS entry';
      const seen: unknown[] = [];
      await Promise.all(
        Array.from({ length: 5 }, () =>
          units.run({ action: 'note.look', recorded: false }, async () => {
            seen.push(...(await app.get(Database).query<{ entry: unknown }>(sql)).map(({ entry }) => entry));
          }),
        ),
      );
      return seen;
    };
    await Promise.all(Array.from({ length: 5 }, (_, index) => units.run(intent, () => write(`c${index}`))));
    expect(await attribution()).toEqual([null, null, null, null, null]);
    await Promise.allSettled(
      Array.from({ length: 5 }, () => units.run(intent, async () => Promise.reject(new Error('x')))),
    );
    expect(await attribution()).toEqual([null, null, null, null, null]);
  });

  it('commits nothing when a row that its tail must change is not there any more', async () => {
    const id = newId('not');
    await units.run(intent, () => notes.insert({ id, text: 'old' }));
    const database = app.get(Database);
    const change = (text: string) =>
      units.run(intent, async () => {
        database.insertLater(Note, { id: newId('not'), text: `beside ${text}` });
        database.updateLater(Note, { id, text: 'old' }, { text });
      });
    const outcomes = await Promise.allSettled([change('first'), change('second')]);
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toEqual([expect.any(MissedUpdate)]);
    expect((await texts()).length).toBe(2);
    expect(await database.select(Note, { id })).toEqual([expect.not.objectContaining({ text: 'old' })]);
  });

  it('commits nothing when a statement changes more or fewer rows than it must', async () => {
    await units.run(intent, () => notes.insert(['a', 'b'].map((text) => ({ id: newId('not'), text }))));
    const change = (rows: number) =>
      units.run(intent, async (unit) =>
        unit.append('UPDATE note SET text = UPPER(text) WHERE text <> ?', ['A'], { mustHit: rows }),
      );
    await expect(change(1)).rejects.toThrow(MissedUpdate);
    await expect(change(3)).rejects.toThrow(MissedUpdate);
    expect((await texts()).sort()).toEqual(['a', 'b']);
    await change(2);
    await change(1);
    expect((await texts()).sort()).toEqual(['A', 'B']);
  });

  it('commits a unit that takes long in a transaction of its own', async () => {
    const write = vi.spyOn(app.get(Database).dialect, 'write');
    const run = (alone: boolean) =>
      units.run({ ...intent, ...(alone ? { alone } : {}) }, async () =>
        app.get(Database).insertLater(Note, { id: newId('not'), text: newId('txt') }),
      );
    await Promise.all([run(false), run(false), run(true), run(false)]);
    const sizes = write.mock.calls.map(([, whole]) => whole.length).sort();
    write.mockRestore();
    expect(sizes).toEqual([1, 3]);
    expect(await texts()).toHaveLength(4);
  });

  it('lets each of many units that are committed together commit or roll back alone', async () => {
    const database = app.get(Database);
    const outcomes = await Promise.allSettled(
      Array.from({ length: 12 }, (_, index) =>
        units.run(intent, async () => {
          database.insertLater(Note, { id: newId('not'), text: `beside ${index}` });
          database.insertLater(Note, { id: newId('not'), text: index < 2 ? 'the same' : `own ${index}` });
        }),
      ),
    );
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toHaveLength(1);
    expect(database.dialect.isUniqueViolation(refused[0])).toBe(true);
    const found = await texts();
    expect(found).toHaveLength(22);
    expect(found.filter((text) => text === 'the same')).toHaveLength(1);
    // All or nothing: the unit that was refused left no row beside the one that was in the way.
    expect(found.filter((text) => /^beside [01]$/.test(text))).toHaveLength(1);
  });

  it('lets exactly one of those units go on that delete the same row, and all that have one of their own', async () => {
    const database = app.get(Database);
    const tickets = Array.from({ length: 6 }, () => newId('tic'));
    await units.run({ ...intent, recorded: false }, async () => {
      for (const id of tickets) database.insertLater(Ticket, { id });
    });
    const outcomes = await Promise.allSettled(
      [...tickets, ...tickets.slice(0, 2)].map((id, index) =>
        units.run(intent, async () => {
          database.deleteLater(Ticket, id);
          database.insertLater(Note, { id, text: `by ${index}` });
        }),
      ),
    );
    const refused = outcomes.flatMap((outcome) => (outcome.status === 'rejected' ? [outcome.reason] : []));
    expect(refused).toEqual([expect.any(MissedUpdate), expect.any(MissedUpdate)]);
    expect(await texts()).toHaveLength(6);
    expect(await database.select(Ticket, {})).toEqual([]);
  });

  it('commits together with an open unit that waits, and never inside it', async () => {
    const held = gate();
    const wrote = gate();
    const open = units.run(intent, async () => {
      await write('rolled back');
      wrote.open();
      await held.opened;
      throw new Error('open fails');
    });
    await wrote.opened;
    const whole = units.run(intent, async () =>
      app.get(Database).insertLater(Note, { id: newId('not'), text: 'committed' }),
    );
    setTimeout(() => held.open(), 20);
    await expect(open).rejects.toThrow('open fails');
    await whole;
    expect(await texts()).toEqual(['committed']);
  });

  it('chooses no rows by a value that was forgotten', async () => {
    const forgotten = { id: undefined } as unknown as Partial<Note>;
    await expect(app.get(Database).select(Note, forgotten)).rejects.toThrow('Note.id is missing');
  });

  it('runs callbacks after the commit only', async () => {
    const calls: string[] = [];
    await units.run(intent, async (unit) => unit.onCommitted(() => calls.push('committed')));
    await units
      .run(intent, async (unit) => {
        unit.onCommitted(() => calls.push('never'));
        throw new Error('x');
      })
      .catch(() => undefined);
    expect(calls).toEqual(['committed']);
  });
});
