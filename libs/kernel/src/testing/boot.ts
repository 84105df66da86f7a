import { createHmac } from 'node:crypto';
import type { DynamicModule, Provider, Type } from '@nestjs/common';
import { Global, Module } from '@nestjs/common';
import { Test, type TestingModule } from '@nestjs/testing';
import type { Principal } from '../context/principal.js';
import { newRequestState, RequestContext } from '../context/request-context.js';
import { Migrator } from '../database/migrator.js';
import { KernelModule } from '../kernel.module.js';
import { Authenticator, KeyedHash, SchemaGuard, UnitRecorder, ValueSealer } from '../ports/ports.js';
import { Sealed } from '../classification/sealed.js';
import { type TestDatabase, testDatabase, type TestDialect } from './dialects.js';

export interface BootOptions {
  readonly dialect: TestDialect;
  readonly imports?: (Type | DynamicModule)[];
  readonly providers?: Provider[];
  /** Settings beside those of the database. */
  readonly environment?: Readonly<Record<string, string>>;
  /** An existing database instead of a fresh one. */
  readonly database?: TestDatabase;
  /** Background work; off unless asked for, so that tests move it by hand. */
  readonly background?: boolean;
  /** Bind do-nothing ports for rooms that are not under test. */
  readonly nullPorts?: boolean;
}

export interface BootedModule {
  readonly module: TestingModule;
  readonly database: TestDatabase;
  get<T>(token: abstract new (...args: never[]) => T): T;
  get<T>(token: string | symbol): T;
  close(options?: { keepDatabase?: boolean }): Promise<void>;
}

/** Boots the kernel with the given rooms on a fresh, migrated database, without HTTP. */
export async function bootTestModule(options: BootOptions): Promise<BootedModule> {
  const database = options.database ?? (await testDatabase(options.dialect));
  const module = await Test.createTestingModule({
    imports: [
      KernelModule.forRoot({
        background: options.background ?? false,
        environment: { ...database.environment, ...options.environment },
      }),
      ...(options.nullPorts ? [NullPortsModule] : []),
      ...(options.imports ?? []),
    ],
    providers: options.providers ?? [],
  }).compile();
  await module.get(Migrator, { strict: false }).migrate();
  await module.init();
  return {
    module,
    database,
    get: (token: never) => module.get(token, { strict: false }),
    async close({ keepDatabase = false } = {}) {
      await module.close();
      if (!keepDatabase) await database.remove();
    },
  };
}

/** Runs `work` as a logged-in user with the given permissions. */
export function runAsUser<T>(id: string, work: () => T, permissions: readonly string[] = []): T {
  const principal: Principal = { kind: 'user', id, permissions: new Set(permissions) };
  return new RequestContext().run(newRequestState({ principal }), work);
}

class NullRecorder extends UnitRecorder {
  async prepare(): Promise<void> {}
  record(): void {}
  async recordRefusal(): Promise<void> {}
}

class NullAuthenticator extends Authenticator {
  async authenticate(): Promise<undefined> {
    return undefined;
  }
}

/** Keeps values in clear under a Sealed; only for tests of rooms below the vault. */
class ClearSealer extends ValueSealer {
  async prepare(): Promise<void> {}
  seal(row: object, values: Record<string, unknown>): void {
    for (const [field, value] of Object.entries(values)) {
      Object.assign(row, { [field]: new Sealed(Buffer.from(JSON.stringify(value))) });
    }
  }
  async reveal(row: object, fields: string[]): Promise<Record<string, unknown>> {
    return Object.fromEntries(
      fields.map((field) => {
        const value = (row as Record<string, Sealed<unknown> | null>)[field];
        return [field, value ? (JSON.parse(value.bytes.toString()) as unknown) : null];
      }),
    );
  }
}

class TestKeyedHash extends KeyedHash {
  hmac(purpose: string, data: string): Buffer {
    return createHmac('sha256', `test.${purpose}`).update(data).digest();
  }
  hmacs(purpose: string, data: string): Buffer[] {
    return [this.hmac(purpose, data)];
  }
}

class NullSchemaGuard extends SchemaGuard {
  async reconcile(): Promise<string[]> {
    return [];
  }
  async mismatches(): Promise<string[]> {
    return [];
  }
}

/** Implementations of the kernel's ports as providers, for tests that bind only some of them. */
export const nullPorts = {
  recorder: { provide: UnitRecorder, useClass: NullRecorder },
  authenticator: { provide: Authenticator, useClass: NullAuthenticator },
  sealer: { provide: ValueSealer, useClass: ClearSealer },
  keyedHash: { provide: KeyedHash, useClass: TestKeyedHash },
  schemaGuard: { provide: SchemaGuard, useClass: NullSchemaGuard },
} as const;

/** A global module that binds the given providers, such as some of {@link nullPorts}. */
export function bindGlobally(...providers: Provider[]): DynamicModule {
  @Global()
  @Module({ providers, exports: providers })
  class Bound {}
  return { module: Bound };
}

const NullPortsModule = bindGlobally(...Object.values(nullPorts));
