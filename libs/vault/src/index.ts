/** Personal data at rest: keys, sealed values, blind indexes, and the catalogue of what is personal. */
export { VaultModule } from './vault.module.js';
export { Vault } from './vault.service.js';
export { BlindIndexes } from './blind-indexes/blind-indexes.js';
export { TokenMinter } from './token-minter.js';
export { Keyring, type LogKey, type SigningKey } from './keyring/keyring.js';
export { changeKeyringFile } from './keyring/keyring-file.js';
export {
  generateKeyring,
  type KeyringMaterial,
  withNewestLogKeyOnly,
  withNewLogKey,
} from './keyring/keyring-material.js';
export { PersonalDataCatalogue, type CatalogueEntry } from './catalogue/personal-data-catalogue.js';
export { RevealPolicy, RevealRecorder, type Reveal } from './ports.js';
export { SubjectKeyDestroyed } from './vault.events.js';
export { vaultConfig } from './vault.config.js';
export { vaultErrors } from './vault.errors.js';
export type { OpenedValue, SealedValue } from './reveals.js';
export type { ErasureReceipt } from './erasure/erasure.js';
export type { Revealed, RevealedFields, SealedField } from './sealed-fields.js';
