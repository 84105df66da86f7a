import { Inject, Injectable } from '@nestjs/common';
import { DataSource } from 'typeorm';
import { InjectConfig } from '../config/define-config.js';
import { kernelConfig, type KernelConfig } from '../config/kernel.config.js';
import { Ports, SchemaGuard } from '../ports/ports.js';
import { registeredMigrations } from '../features/registry.js';
import { Database, DIALECT } from './database.js';
import type { Dialect } from './dialects/dialect.js';

/** What bringing the schema up to date took. */
export interface Migration {
  /** The names of the migrations that ran. */
  readonly migrations: readonly string[];
  /** What was done to the capture triggers, in words. */
  readonly repairs: readonly string[];
}

/** Brings the schema up to date: every room's migrations, then the capture triggers. */
@Injectable()
export class Migrator {
  constructor(
    @Inject(DIALECT) private readonly dialect: Dialect,
    @InjectConfig(kernelConfig) private readonly config: KernelConfig,
    private readonly database: Database,
    private readonly ports: Ports,
  ) {}

  /** Runs what is pending, one instance at a time. */
  async migrate(): Promise<Migration> {
    const source = await new DataSource(this.dialect.migrator(this.config)).initialize();
    try {
      const runner = source.createQueryRunner();
      try {
        return await this.dialect.exclusively(runner, async () => {
          const ran = await source.runMigrations({ transaction: 'each' });
          const repairs = await this.ports.get(SchemaGuard).reconcile(runner);
          return { migrations: ran.map(({ name }) => name), repairs };
        });
      } finally {
        await runner.release();
      }
    } finally {
      await source.destroy();
    }
  }

  /** The names of migrations that have not run on this database. */
  async pending(): Promise<string[]> {
    const applied = await this.database
      .query<{ name: string }>('SELECT name FROM schema_migration')
      .catch(() => [] as { name: string }[]);
    const names = new Set(applied.map(({ name }) => name));
    return registeredMigrations()
      .map(({ name }) => name)
      .filter((name) => !names.has(name));
  }
}
