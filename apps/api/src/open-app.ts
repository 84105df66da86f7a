import { Logger } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { FirstAdministrator } from '#auth';
import {
  createHttpApp,
  kernelConfig,
  type KernelConfig,
  type KernelOptions,
  type Migration,
  Migrator,
} from '#kernel';
import { announceAdministrator } from './announce.js';
import { AppModule } from './app.module.js';

export interface OpenOptions extends KernelOptions {
  /** Bring the schema up to date first; unset: as the setting MIGRATE_ON_START says. */
  readonly migrate?: boolean;
}

export interface OpenedApp {
  readonly app: NestFastifyApplication;
  /** What bringing the schema up to date took. */
  readonly migration: Migration;
  /** The migrations that the database lacks. */
  readonly pending: readonly string[];
  /** Whether it lacks neither migrations nor capture triggers. */
  readonly isCurrent: boolean;
}

const UNTOUCHED: Migration = { migrations: [], repairs: [] };

/** All rooms, initialised on a migrated database that has an administrator, who is told if new; listens nowhere yet. */
export async function openApp({ migrate, ...options }: OpenOptions = {}): Promise<OpenedApp> {
  const app = await createHttpApp(AppModule.forRoot(options), options);
  try {
    const { migrateOnStart } = app.get<KernelConfig>(kernelConfig.token, { strict: false });
    const mayPrepare = migrate ?? migrateOnStart;
    const migrator = app.get(Migrator, { strict: false });
    const migration = mayPrepare ? await migrator.migrate() : UNTOUCHED;
    await app.init();
    const pending = await migrator.pending();
    const isCurrent = await migrator.isCurrent();
    if (!isCurrent) warnOf(pending);
    const administrator = mayPrepare
      ? await app.get(FirstAdministrator, { strict: false }).ensure()
      : undefined;
    // At once: whatever goes wrong from here on, such as a port that is taken, nobody could tell the password later.
    if (administrator !== undefined) announceAdministrator(administrator);
    return { app, migration, pending, isCurrent };
  } catch (error) {
    await app.close();
    throw error;
  }
}

/** In a rollout a new version may well start before its migrations have run; it is not ready until they have. */
function warnOf(pending: readonly string[]): void {
  const lack =
    pending.length === 0 ? 'capture triggers' : `${pending.length} migration(s), ${pending[0]} first`;
  new Logger('Migrator').warn(
    `The database lacks ${lack}. Run "steward migrate"; until then every request is answered with 503, and no background work is done.`,
  );
}
