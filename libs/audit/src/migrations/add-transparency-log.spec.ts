import { afterAll, beforeAll, expect, it } from 'vitest';
import { DataSource } from 'typeorm';
import { Database, kernelConfig, type KernelConfig, Migrator, newId, SchemaGuard, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect } from '#kernel/testing';
import { bootAudit, Things } from '../testing/things.js';
import { AddTransparencyLog1700000003100 } from './1700000003100-add-transparency-log.js';

describeOnEveryDialect('the migration that adds the transparency log', (dialect) => {
  let app: BootedModule;
  beforeAll(async () => {
    app = await bootAudit(dialect);
  });
  afterAll(() => app.close());

  it('keeps every entry, subject and change, and can be taken back', async () => {
    await app.get(UnitOfWork).run({ action: 'thing.create', subject: 'usr_a' }, async (unit) => {
      await app.get(Things).things.insert({ id: newId('thg'), title: 'Zoë 😀', amountMinor: 1n });
      unit.append('INSERT INTO audit_entry_subject (entry_id, subject_id) VALUES (?, ?)', [unit.id, 'usr_b']);
    });
    const record = async () => {
      const tables = ['audit_entry', 'audit_entry_subject', 'row_change'].map((table) =>
        app.get(Database).query(`SELECT * FROM ${table} ORDER BY 1`),
      );
      return Promise.all(tables);
    };
    const before = await record();
    expect(before.map(({ length }) => length > 0)).toEqual([true, true, true]);

    const config = app.get<KernelConfig>(kernelConfig.token as never);
    const source = await new DataSource(app.get(Database).dialect.migrator(config)).initialize();
    const runner = source.createQueryRunner();
    const migration = new AddTransparencyLog1700000003100();
    const [entry] = before[0] ?? [];
    for (let round = 0; round < 2; round += 1) {
      await migration.down(runner);
      const [old] = await runner.query(`SELECT * FROM audit_entry WHERE id = '${String(entry?.['id'])}'`);
      expect(Object.keys(old as object)).not.toContain('salt');
      await migration.up(runner);
    }
    await runner.release();
    await source.destroy();

    expect(await record()).toEqual(before);
    await app.get(Migrator).migrate();
    expect(await app.get(SchemaGuard).mismatches()).toEqual([]);
  });
});
