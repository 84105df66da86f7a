import { type DynamicModule, Module, type Provider, type Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import { Migrator } from '../database/migrator.js';
import { createHttpApp } from '../http/create-http-app.js';
import { KernelModule } from '../kernel.module.js';
import { bindGlobally, nullPorts } from './boot.js';
import { type TestDatabase, testDatabase, type TestDialect } from './dialects.js';

export interface BootHttpOptions {
  readonly dialect?: TestDialect;
  readonly imports?: (Type | DynamicModule)[];
  readonly controllers?: Type[];
  readonly providers?: Provider[];
  /** Settings beside those of the database; the log is silent unless one says otherwise. */
  readonly environment?: Readonly<Record<string, string>>;
  /** Bind do-nothing ports for rooms that are not under test, with these in place of the named ones. */
  readonly ports?: Partial<Record<keyof typeof nullPorts, Provider>>;
}

export interface BootedHttp {
  readonly app: NestFastifyApplication;
  readonly database: TestDatabase;
  /** Sends a request through the whole HTTP stack, without a socket. */
  readonly inject: NestFastifyApplication['inject'];
  close(): Promise<void>;
}

/** Boots an application behind HTTP on a fresh, migrated database. Without `ports`, the imported rooms must bind them all. */
export async function bootTestHttp(options: BootHttpOptions): Promise<BootedHttp> {
  const database = await testDatabase(options.dialect ?? 'sqlite');
  const environment = { LOG_LEVEL: 'silent', ...database.environment, ...options.environment };
  @Module({
    imports: [
      KernelModule.forRoot({ background: false, environment }),
      ...(options.ports ? [bindGlobally(...Object.values({ ...nullPorts, ...options.ports }))] : []),
      ...(options.imports ?? []),
    ],
    controllers: options.controllers ?? [],
    providers: options.providers ?? [],
  })
  class TestApplication {}
  const app = await createHttpApp(TestApplication, { environment, shutdownHooks: false });
  try {
    await app.get(Migrator, { strict: false }).migrate();
    await app.init();
    await app.getHttpAdapter().getInstance().ready();
  } catch (error) {
    await app.close();
    await database.remove();
    throw error;
  }
  return {
    app,
    database,
    inject: app.inject.bind(app),
    async close() {
      await app.close();
      await database.remove();
    },
  };
}
