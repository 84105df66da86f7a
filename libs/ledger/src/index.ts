/** Double-entry books: transfers between accounts, each an immutable row, and balances summed from them. */
export type { Balance } from './balances.js';
export { currencyCodes, currencyDecimals, isCurrency } from './currencies.js';
export type { AccountRef } from './entities/account.entity.js';
export { LedgerModule } from './ledger.module.js';
export { LedgerService, type TransferOrder } from './ledger.service.js';
