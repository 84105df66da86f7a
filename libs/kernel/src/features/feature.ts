import { type DynamicModule, Module, type Provider } from '@nestjs/common';
import { configProvider } from '../config/configs.js';
import { repositoryProvider } from '../database/repositories.js';
import { type Feature, registerFeature } from './registry.js';

@Module({})
class FeatureModule {}

/**
 * Registers a room and provides the repositories of its entities and its settings to the module that imports it.
 * The registry feeds the database sources, the migrations, the boot checks and the generated documentation.
 */
export function feature(definition: Feature): DynamicModule {
  registerFeature(definition);
  const providers: Provider[] = [
    ...(definition.entities ?? []).map(repositoryProvider),
    ...(definition.config ?? []).map(configProvider),
  ];
  return { module: FeatureModule, providers, exports: providers };
}
