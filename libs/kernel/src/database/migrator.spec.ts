import { setTimeout as delay } from 'node:timers/promises';
import { DataSource, type MigrationInterface } from 'typeorm';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { describeOnEveryDialect, describeOnEveryServer, testDatabase } from '#kernel/testing';
import { loadConfigs } from '../config/define-config.js';
import { kernelConfig, type KernelConfig } from '../config/kernel.config.js';
import { registerFeature, registeredMigrations } from '../features/registry.js';
import type { Ports } from '../ports/ports.js';
import type { Database } from './database.js';
import { mysql } from './dialects/mysql.js';
import { sqlite } from './dialects/sqlite.js';
import { Migrator } from './migrator.js';

class AddLate1700000009999 implements MigrationInterface {
  async up(): Promise<void> {}
  async down(): Promise<void> {}
}

describe('a schema', () => {
  afterEach(() => {
    registerFeature({ name: 'late' });
    vi.useRealTimers();
  });

  it('is current when all migrations have run and their triggers are made, and is not looked at any more', async () => {
    vi.useFakeTimers({ toFake: ['performance'] });
    registerFeature({ name: 'late', migrations: [AddLate1700000009999] });
    const applied = new Set(registeredMigrations().map(({ name }) => name));
    applied.delete(AddLate1700000009999.name);
    let mismatches = ['late: the triggers are missing'];
    const query = vi.fn<() => Promise<object[]>>(async () => [...applied].map((name) => ({ name })));
    const start = () =>
      new Migrator(
        sqlite,
        {} as KernelConfig,
        { query } as unknown as Database,
        { get: () => ({ mismatches: async () => mismatches }) } as unknown as Ports,
      );
    const migrator = start();
    const isCurrent = () => {
      vi.advanceTimersByTime(1000);
      return migrator.isCurrent();
    };
    vi.advanceTimersByTime(1000);
    expect(await Promise.all([migrator.isCurrent(), migrator.isCurrent()])).toEqual([false, false]);
    expect(query).toHaveBeenCalledOnce();
    applied.add(AddLate1700000009999.name);
    expect(await isCurrent()).toBe(false);
    expect(await start().isCurrent()).toBe(false);
    mismatches = [];
    expect(await isCurrent()).toBe(true);
    expect(isCurrent()).toBe(true);
    expect(query).toHaveBeenCalledTimes(4);
  });
});

describeOnEveryDialect('migrating', (name) => {
  it('is done by one instance at a time, and given up when its work fails', async () => {
    const dialect = name === 'sqlite' ? sqlite : mysql;
    const database = await testDatabase(name);
    const config = loadConfigs([kernelConfig], database.environment).get(kernelConfig.token) as KernelConfig;
    let running = 0;
    const instance = async (fails: boolean) => {
      const source = await new DataSource(dialect.migrator(config)).initialize();
      const runner = source.createQueryRunner();
      try {
        return await dialect.exclusively(runner, async () => {
          running += 1;
          await delay(20);
          const seen = running;
          running -= 1;
          if (fails) throw new Error('no');
          return seen;
        });
      } finally {
        await runner.release();
        await source.destroy();
      }
    };
    const outcomes = await Promise.allSettled([instance(true), instance(false), instance(false)]);
    await database.remove();
    expect(outcomes).toMatchObject([{ status: 'rejected' }, { value: 1 }, { value: 1 }]);
  });
});

describeOnEveryServer('migrating', (name) => {
  it('may take longer than the server leaves idle connections open', async () => {
    const database = await testDatabase(name);
    const config = loadConfigs([kernelConfig], database.environment).get(kernelConfig.token) as KernelConfig;
    const source = await new DataSource(mysql.migrator(config)).initialize();
    const runner = source.createQueryRunner();
    const [row] = (await mysql.exclusively(runner, () =>
      runner.query('SELECT @@GLOBAL.wait_timeout AS usual, @@SESSION.wait_timeout AS here'),
    )) as Record<'usual' | 'here', unknown>[];
    await runner.release();
    await source.destroy();
    await database.remove();
    expect(Number(row?.here)).toBeGreaterThan(Number(row?.usual));
  });
});
