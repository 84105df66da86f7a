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
    NODE_ENV: z
      .enum(['development', 'test', 'production'])
      .default('development')
      .describe(
        '`production` refuses what only development may do without: keys, a mail server, an administrator',
      ),
    DATA_DIR: z
      .string()
      .min(1)
      .default('.data')
      .describe(
        'directory of what this process keeps: the embedded database, development keys, mails, the last checkpoint of the log',
      ),
    DATABASE_URL: databaseAddress
      .optional()
      .describe(
        '`mysql://user:password@host:3306/database`, of MySQL or MariaDB; unset means SQLite in `DATA_DIR`',
      ),
    DATABASE_MIGRATION_URL: databaseAddress
      .optional()
      .describe(
        'the same with a user that may change the schema, for `migrate` only; unset means `DATABASE_URL`',
      ),
    DATABASE_TLS: tlsMode
      .default('off')
      .describe(
        '`verify-ca` [encrypts](operations.md#the-database) connections to the database server, which must show a certificate of a known authority; `verify-full` wants it to be for the host in the address, too',
      ),
    DATABASE_CA: certificates
      .optional()
      .describe(
        'the authorities that may have signed that certificate, in PEM; unset means those that Node trusts',
      ),
    DATABASE_POOL_SIZE: z.coerce
      .number()
      .int()
      .min(1)
      .max(200)
      .default(10)
      .describe('connections that each process opens to write, and as many to read'),
    MIGRATE_ON_START: z
      .stringbool()
      .optional()
      .describe(
        'whether a start brings the schema up to date; unset means yes, but not on a database server in production',
      ),
    BACKGROUND: z
      .stringbool()
      .default(true)
      .describe('the API does the background work too unless this is `off`, which leaves it to workers'),
    UNIT_TIMEOUT_MS: z.coerce
      .number()
      .int()
      .min(100)
      .max(600_000)
      .default(10_000)
      .describe('how long one unit of work may take before it is rolled back'),
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
