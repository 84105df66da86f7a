import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { type BootedModule, bootTestModule, describeOnEveryDialect } from '../testing/index.js';
import { type KernelConfig, kernelConfig } from '../config/kernel.config.js';
import { Database } from '../database/database.js';
import { newId } from '../ids/ids.js';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import { KeepAnswersApart1700000001300 } from './1700000001300-keep-answers-apart.js';

describeOnEveryDialect('the migration that keeps answers apart', (dialect) => {
  let app: BootedModule;
  beforeAll(async () => {
    app = await bootTestModule({ dialect, nullPorts: true });
  });
  afterAll(() => app.close());

  it('keeps what was answered and what still runs, and can be taken back', async () => {
    const [answered, running] = [newId('idm'), newId('idm')];
    const now = new Date();
    await app.get(UnitOfWork).run({ action: 'test.fill', recorded: false }, async (unit) => {
      for (const id of [answered, running]) {
        unit.append(
          `INSERT INTO idempotency_record (id, principal_id, scope, fingerprint, created_at, expires_at)
           VALUES (?, 'usr_a', ?, 'f', ?, ?)`,
          [id, `scope ${id}`, now, now],
        );
      }
      unit.append(
        `INSERT INTO idempotency_answer (id, principal_id, status, body) VALUES (?, 'usr_a', 201, ?)`,
        [answered, Buffer.from([0, 255, 1])],
      );
    });
    const rows = () =>
      Promise.all(
        ['record', 'answer'].map((table) =>
          app.get(Database).query(`SELECT * FROM idempotency_${table} ORDER BY id`),
        ),
      );
    const before = await rows();
    expect(before.map(({ length }) => length)).toEqual([2, 1]);

    const config = app.get<KernelConfig>(kernelConfig.token as never);
    const source = await new DataSource(app.get(Database).dialect.migrator(config)).initialize();
    const runner = source.createQueryRunner();
    const migration = new KeepAnswersApart1700000001300();
    for (let round = 0; round < 2; round += 1) {
      await migration.down(runner);
      expect(
        await runner.query('SELECT id, status, answer_status AS answer FROM idempotency_record ORDER BY id'),
      ).toMatchObject([
        { id: answered, status: 'completed' },
        { id: running, status: 'running', answer: null },
      ]);
      await migration.up(runner);
    }
    await runner.release();
    await source.destroy();
    expect(await rows()).toEqual(before);
  });
});
