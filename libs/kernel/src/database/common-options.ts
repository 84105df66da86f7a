import { DefaultNamingStrategy } from 'typeorm';
import { snakeCase } from 'typeorm/util/StringUtils.js';
import { registeredEntities, registeredMigrations } from '../features/registry.js';

/** Columns are the snake_case of their property unless an entity says otherwise. */
class SnakeCaseColumns extends DefaultNamingStrategy {
  override columnName(property: string, customName: string | undefined): string {
    return customName || snakeCase(property);
  }
}

/** What every source shares, whatever the database. */
export const commonOptions = () => ({
  entities: registeredEntities(),
  migrations: registeredMigrations(),
  migrationsTableName: 'schema_migration',
  namingStrategy: new SnakeCaseColumns(),
  synchronize: false,
  logging: false as const,
});
