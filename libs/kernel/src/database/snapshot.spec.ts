import { afterAll, beforeAll, expect, it } from 'vitest';
import { type BootedModule, bootTestModule, describeOnEveryDialect } from '#kernel/testing';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';
import { Database } from './database.js';

describeOnEveryDialect('a snapshot', (dialect) => {
  let app: BootedModule;
  beforeAll(async () => {
    app = await bootTestModule({ dialect, nullPorts: true });
  });
  afterAll(() => app.close());

  const write = (value: string) =>
    app.get(UnitOfWork).run({ action: 'test.write', recorded: false }, async (unit) => {
      await unit.manager.query(
        `INSERT INTO schema_migration (timestamp, name) VALUES (1, 'snapshot ${value}')`,
      );
    });
  const COUNT = `SELECT COUNT(*) AS n FROM schema_migration WHERE name LIKE ?`;
  const countOf = ([row]: { n: unknown }[]) => Number(row?.n);

  it('shows one moment while others write, and nothing can be written through it', async () => {
    await write('before');
    await app.get(Database).snapshot(async (query) => {
      await write('meanwhile');
      expect(countOf(await query(COUNT, ['snapshot%']))).toBe(1);
      expect(countOf(await app.get(Database).query(COUNT, ['snapshot%']))).toBe(2);
      await expect(query(`DELETE FROM schema_migration`)).rejects.toThrow(/read.?only/i);
      await write('later');
      expect(countOf(await query(COUNT, ['snapshot%']))).toBe(1);
    });
    expect(countOf(await app.get(Database).query(COUNT, ['snapshot%']))).toBe(3);
  });
});
