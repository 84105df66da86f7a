import { definePermissions } from '#kernel';

export const ledgerPermissions = definePermissions('ledger', {
  'ledger.read': 'Read accounts, balances and transfers',
});
