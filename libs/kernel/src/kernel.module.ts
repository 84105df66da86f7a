import { type DynamicModule, Global, Module, type Provider } from '@nestjs/common';
import { DiscoveryModule } from '@nestjs/core';
import { getDataSourceToken, TypeOrmModule } from '@nestjs/typeorm';
import { Background, BACKGROUND } from './background/background.js';
import { Configs } from './config/configs.js';
import { type ConfigDefinition, type Environment, loadConfigs } from './config/define-config.js';
import { kernelConfig, type KernelConfig, processEnvironment } from './config/kernel.config.js';
import { RequestContext } from './context/request-context.js';
import { Database, DIALECT, READER, WRITER } from './database/database.js';
import type { Dialect } from './database/dialects/dialect.js';
import { mysql } from './database/dialects/mysql.js';
import { sqlite } from './database/dialects/sqlite.js';
import { DatabaseRights } from './database/database-rights.js';
import { Migrator } from './database/migrator.js';
import { kernelErrors } from './errors/kernel.errors.js';
import { feature } from './features/feature.js';
import { features } from './features/registry.js';
import { CreateOutbox1700000001000 } from './migrations/1700000001000-create-outbox.js';
import { OutboxDelivery, OutboxMessage } from './outbox/entities.js';
import { HandlerRegistry } from './outbox/handler-registry.js';
import { kernelPermissions } from './outbox/outbox.permissions.js';
import { OutboxWriter } from './outbox/outbox-writer.js';
import { OutboxMetrics } from './outbox/outbox-metrics.js';
import { OutboxQueue } from './outbox/outbox-queue.js';
import { OutboxRelay } from './outbox/relay.js';
import { Ports } from './ports/ports.js';
import { ServicesModule } from './services.module.js';
import { Clock } from './time/clock.js';
import { UnitHooks } from './unit-of-work/unit-hooks.js';
import { UnitOfWork } from './unit-of-work/unit-of-work.js';

export interface KernelOptions {
  /** Whether this process runs background work; unset: as the setting BACKGROUND says. */
  readonly background?: boolean;
  /** Whether what a new installation lacks is made; true unless told otherwise. */
  readonly mayCreate?: boolean;
  /** Where settings are read from; unset: the environment of the process. */
  readonly environment?: Environment;
}

class LoadedConfigs extends Configs {
  constructor(private readonly values: ReadonlyMap<string, unknown>) {
    super();
  }

  get<Value>(definition: ConfigDefinition<Value>): Value {
    return this.values.get(definition.token) as Value;
  }
}

const providers: Provider[] = [
  {
    provide: DIALECT,
    inject: [kernelConfig.token],
    useFactory: (config: KernelConfig): Dialect => (config.databaseUrl ? mysql : sqlite),
  },
  Background,
  Clock,
  Database,
  DatabaseRights,
  HandlerRegistry,
  Migrator,
  OutboxMetrics,
  OutboxQueue,
  OutboxRelay,
  OutboxWriter,
  Ports,
  RequestContext,
  UnitHooks,
  UnitOfWork,
];

/** Settings and request context: what the database sources themselves need. */
@Global()
@Module({})
class SettingsModule {
  static with({
    background,
    mayCreate = true,
    environment = processEnvironment(),
  }: KernelOptions): DynamicModule {
    const provided: Provider[] = [
      {
        provide: Configs,
        useFactory: () =>
          new LoadedConfigs(
            loadConfigs(
              features().flatMap((each) => each.config ?? []),
              environment,
            ),
          ),
      },
      {
        provide: kernelConfig.token,
        inject: [Configs],
        useFactory: (configs: Configs): KernelConfig => ({ ...configs.get(kernelConfig), mayCreate }),
      },
      {
        provide: BACKGROUND,
        inject: [kernelConfig.token],
        useFactory: (config: KernelConfig) => background ?? config.background,
      },
    ];
    return { module: SettingsModule, providers: provided, exports: provided };
  }
}

const dialectOf = (config: KernelConfig): Dialect => (config.databaseUrl ? mysql : sqlite);
const connection = { retryAttempts: 3, retryDelay: 1000, autoLoadEntities: false };

/** The mechanisms that every room stands on. Imported once, by the application. */
@Global()
@Module({})
export class KernelModule {
  static forRoot(options: KernelOptions = {}): DynamicModule {
    return {
      module: KernelModule,
      imports: [
        SettingsModule.with(options),
        DiscoveryModule,
        ServicesModule,
        TypeOrmModule.forRootAsync({
          name: WRITER,
          inject: [kernelConfig.token],
          useFactory: (config: KernelConfig) => ({ ...dialectOf(config).writer(config), ...connection }),
        }),
        TypeOrmModule.forRootAsync({
          name: READER,
          // The writer comes first: it makes the embedded database's file.
          inject: [kernelConfig.token, getDataSourceToken(WRITER)],
          useFactory: (config: KernelConfig) => ({ ...dialectOf(config).reader(config), ...connection }),
        }),
        feature({
          name: 'kernel',
          entities: [OutboxMessage, OutboxDelivery],
          migrations: [CreateOutbox1700000001000],
          errors: kernelErrors,
          permissions: kernelPermissions,
          config: [kernelConfig],
        }),
      ],
      providers,
      exports: providers,
    };
  }
}
