import { DataSource } from 'typeorm';
import { type Environment, loadConfigs } from '../config/define-config.js';
import { kernelConfig, type KernelConfig, processEnvironment } from '../config/kernel.config.js';
import { mysql } from './dialects/mysql.js';
import { sqlite } from './dialects/sqlite.js';

/** A source for TypeORM's command line, on the connection that may change the schema. Rooms must be registered before. */
export function migrationSource(environment: Environment = processEnvironment()): DataSource {
  const config = loadConfigs([kernelConfig], environment).get(kernelConfig.token) as KernelConfig;
  const dialect = config.databaseUrl === undefined ? sqlite : mysql;
  return new DataSource(dialect.migrator(config));
}
