import { z } from 'zod';
import { certificates, databaseAddress, databaseTls, tlsMode } from './database-tls.js';
import { defineConfig, type ConfigOf, type Environment } from './define-config.js';

/** The environment of this process, for the one place that starts the application. */
export function processEnvironment(): Environment {
  return process.env;
}

export const kernelConfig = defineConfig(
  'kernel',
  {
    NODE_ENV: z.enum(['development', 'test', 'production']).default('development'),
    DATA_DIR: z.string().min(1).default('.data'),
    DATABASE_URL: databaseAddress.optional(),
    DATABASE_MIGRATION_URL: databaseAddress.optional(),
    DATABASE_TLS: tlsMode.default('off'),
    DATABASE_CA: certificates.optional(),
    DATABASE_POOL_SIZE: z.coerce.number().int().min(1).max(200).default(10),
    MIGRATE_ON_START: z.stringbool().optional(),
    BACKGROUND: z.stringbool().default(true),
    UNIT_TIMEOUT_MS: z.coerce.number().int().min(100).max(600_000).default(10_000),
  },
  (env) => ({
    production: env.NODE_ENV === 'production',
    dataDir: env.DATA_DIR,
    /** Whether a new installation is made where there is none: DATA_DIR, the embedded database, development keys. */
    mayCreate: true,
    databaseUrl: env.DATABASE_URL,
    databaseMigrationUrl: env.DATABASE_MIGRATION_URL ?? env.DATABASE_URL,
    databaseTls: databaseTls(env),
    databasePoolSize: env.DATABASE_POOL_SIZE,
    /** In production schema changes are a step of their own (`steward migrate`) unless asked for. */
    migrateOnStart: env.MIGRATE_ON_START ?? (env.NODE_ENV !== 'production' || env.DATABASE_URL === undefined),
    background: env.BACKGROUND,
    unitTimeoutMs: env.UNIT_TIMEOUT_MS,
  }),
);

export type KernelConfig = ConfigOf<typeof kernelConfig>;
