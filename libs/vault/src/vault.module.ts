import { Global, Module } from '@nestjs/common';
import { KeyedHash, ValueSealer, feature, kernelConfig, type ConfigOf } from '#kernel';
import { BlindIndex } from './blind-indexes/blind-index.entity.js';
import { BlindIndexes } from './blind-indexes/blind-indexes.js';
import { PersonalDataCatalogue } from './catalogue/personal-data-catalogue.js';
import { Erasure } from './erasure/erasure.js';
import { SweepErasure } from './erasure/sweep-erasure.js';
import { loadKeyringFile } from './keyring/keyring-file.js';
import { Keyring } from './keyring/keyring.js';
import { CreateVault1700000002000 } from './migrations/1700000002000-create-vault.js';
import { RevealPorts } from './reveal-ports.js';
import { Reveals } from './reveals.js';
import { SubjectKey } from './subject-keys/subject-key.entity.js';
import { SubjectKeys } from './subject-keys/subject-keys.js';
import { TokenMinter } from './token-minter.js';
import { VaultValueSealer } from './value-sealer.js';
import { vaultConfig } from './vault.config.js';
import { vaultErrors } from './vault.errors.js';
import { SubjectKeyDestroyed } from './vault.events.js';
import { Vault } from './vault.service.js';

const facades = [Vault, BlindIndexes, Keyring, TokenMinter, PersonalDataCatalogue];

/** Personal data at rest: keys, sealed values, blind indexes, and the catalogue of what is personal. */
@Global()
@Module({
  imports: [
    feature({
      name: 'vault',
      entities: [SubjectKey, BlindIndex],
      migrations: [CreateVault1700000002000],
      errors: vaultErrors,
      events: [SubjectKeyDestroyed],
      config: [vaultConfig],
    }),
  ],
  providers: [
    {
      provide: Keyring,
      inject: [vaultConfig.token, kernelConfig.token],
      useFactory: (vault: ConfigOf<typeof vaultConfig>, kernel: ConfigOf<typeof kernelConfig>) =>
        vault.keyring ?? new Keyring(loadKeyringFile(kernel.dataDir, kernel.mayCreate)),
    },
    PersonalDataCatalogue,
    SubjectKeys,
    BlindIndexes,
    Erasure,
    SweepErasure,
    RevealPorts,
    Reveals,
    Vault,
    TokenMinter,
    VaultValueSealer,
    { provide: ValueSealer, useExisting: VaultValueSealer },
    { provide: KeyedHash, useExisting: Keyring },
  ],
  exports: [...facades, ValueSealer, KeyedHash],
})
export class VaultModule {}
