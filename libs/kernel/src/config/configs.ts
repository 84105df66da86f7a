import type { FactoryProvider } from '@nestjs/common';
import type { ConfigDefinition } from './define-config.js';

/** All settings of the running application, parsed and checked together at boot. */
export abstract class Configs {
  abstract get<Value>(definition: ConfigDefinition<Value>): Value;
}

/** Provides one room's settings under its own token. */
export const configProvider = (definition: ConfigDefinition): FactoryProvider => ({
  provide: definition.token,
  inject: [Configs],
  useFactory: (configs: Configs) => configs.get(definition),
});
