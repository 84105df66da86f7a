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

const LOOK_AGAIN_MS = 1000;

/** Brings the schema up to date: every room's migrations, then the capture triggers. */
@Injectable()
export class Migrator {
  private current = false;
  private looked = Promise.resolve(false);
  private lookAgainAt = 0;

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
          this.current = true;
          return { migrations: ran.map(({ name }) => name), repairs };
        });
      } finally {
        await runner.release();
      }
    } finally {
      await source.destroy();
    }
  }

  /**
   * Whether every migration has run and its triggers are made. Once they are, nothing is asked any more; until then the
   * database is, at most once a second.
   */
  isCurrent(): boolean | Promise<boolean> {
    if (this.current) return true;
    if (performance.now() >= this.lookAgainAt) {
      this.lookAgainAt = performance.now() + LOOK_AGAIN_MS;
      this.looked = this.look();
    }
    return this.looked;
  }

  private async look(): Promise<boolean> {
    // Triggers are made after the migrations, and that may have failed: without them, changes would go unrecorded.
    this.current =
      (await this.pending()).length === 0 && (await this.ports.get(SchemaGuard).mismatches()).length === 0;
    return this.current;
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
