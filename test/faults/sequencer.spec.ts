import { spawn } from 'node:child_process';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AuditModule, SEQUENCER_STEPS } from '#audit';
import { checkedLog } from '#audit/testing';
import { Database, UnitOfWork } from '#kernel';
import {
  bindGlobally,
  type BootedModule,
  bootTestModule,
  describeOnEveryDialect,
  nullPorts,
  testDatabase,
} from '#kernel/testing';
import { RevealPolicy, VaultModule } from '#vault';
import { root } from '../support/rooms.js';

/** More than one batch on SQLite, and more than one tile in the end. */
const ENTRIES = 120;
/** Two batches that are as large as they get, the second of which is read ahead. */
const FULL_BATCHES = 1_000;

describeOnEveryDialect('the sequencer', (dialect) => {
  let app: BootedModule;
  let sequenced: string[] = [];

  beforeAll(async () => {
    const database = await testDatabase(dialect);
    app = await bootTestModule({
      dialect,
      database,
      imports: [
        VaultModule,
        AuditModule,
        bindGlobally(nullPorts.authenticator, { provide: RevealPolicy, useValue: {} }),
      ],
    });
  });
  afterAll(() => app.close());

  const query = (sql: string) => app.get(Database).query(sql);
  /** Units of work, each with two changes. */
  const record = (count: number) =>
    Promise.all(
      Array.from({ length: count }, () =>
        app.get(UnitOfWork).run({ action: 'test.act', subject: 'usr_a' }, async (unit) => {
          for (const operation of ['insert', 'update'])
            unit.append(
              `INSERT INTO row_change (table_name, row_id, operation, after_image, entry_id, database_user, changed_at)
               VALUES ('thing', ?, ?, '{}', ?, 'somebody', '2026-01-02 03:04:05.678901')`,
              [unit.id, operation, unit.id],
            );
        }),
      ),
    );

  /** Runs the built sequencer in a process of its own until nothing waits, or it kills itself. */
  const sequenceInProcess = (killAt?: string) =>
    new Promise<'killed' | 'done'>((resolve, reject) => {
      const child = spawn(process.execPath, ['test/faults/sequencer-process.mjs'], {
        cwd: root,
        env: {
          ...process.env,
          ...app.database.environment,
          LOG_LEVEL: 'silent',
          ...(killAt === undefined ? {} : { KILL_AT: killAt }),
        },
        stdio: ['ignore', 'pipe', 'pipe'],
      });
      const output: string[] = [];
      for (const stream of [child.stdout, child.stderr])
        stream.on('data', (data: Buffer) => output.push(data.toString()));
      child.once('exit', (code, signal) => {
        if (signal === 'SIGKILL') resolve('killed');
        else if (code === 0) resolve('done');
        else reject(new Error(`The sequencer ended with ${code ?? signal}:\n${output.join('')}`));
      });
    });

  /** Recomputes the log from the tables: what was in it before is its beginning, and nothing is in it twice. */
  const check = async () => {
    const now = await checkedLog(app);
    expect(now.slice(0, sequenced.length)).toEqual(sequenced);
    expect(new Set(now).size).toBe(now.length);
    sequenced = now;
  };
  const leaseEnds = () =>
    app
      .get(UnitOfWork)
      .run({ action: 'test.lease_ends', recorded: false }, async (unit) =>
        unit.append(`UPDATE audit_log_lease SET leased_until = '1970-01-01 00:00:00'`, []),
      );
  const dieAt = async (killAt: string) => {
    await record(ENTRIES);
    const end = await sequenceInProcess(killAt);
    await check();
    await leaseEnds();
    return end;
  };
  const everything = async () => {
    const all = await query('SELECT id FROM audit_entry');
    return all.map(({ id }) => String(id)).sort();
  };

  it('loses, doubles and reorders nothing, whatever step it is killed behind', async () => {
    for (const step of SEQUENCER_STEPS) expect(await dieAt(`step:${step}`), step).toBe('killed');
    // SQLite reads nothing ahead.
    if (dialect !== 'sqlite') {
      await record(FULL_BATCHES);
      expect(await dieAt('step:next_batch_read')).toBe('killed');
    }
    expect(await sequenceInProcess()).toBe('done');
    await check();
    expect([...sequenced].sort()).toEqual(await everything());
  }, 180_000);

  it('writes all of a batch or nothing, wherever in its transaction it is killed', async () => {
    let statements = 0;
    if (dialect === 'sqlite')
      while ((await dieAt(`statement:${statements + 1}`)) === 'killed') statements += 1;
    else for (const ms of [0, 1, 3, 6, 10, 20, 40]) await dieAt(`sent:${ms}`);
    if (dialect === 'sqlite') expect(statements).toBeGreaterThan(8);
    expect(await sequenceInProcess()).toBe('done');
    await check();
    expect([...sequenced].sort()).toEqual(await everything());
  }, 180_000);

  it('runs in several processes at once without harm, while entries come in', async () => {
    await record(ENTRIES);
    let areRunning = true;
    const processes = Promise.all([1, 2, 3].map(() => sequenceInProcess())).finally(() => {
      areRunning = false;
    });
    while (areRunning) {
      await record(20);
      await check();
    }
    expect(await processes).toEqual(['done', 'done', 'done']);
    expect(await sequenceInProcess()).toBe('done');
    await check();
    expect([...sequenced].sort()).toEqual(await everything());
  }, 120_000);
});
