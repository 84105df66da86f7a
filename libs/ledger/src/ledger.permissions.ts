export const ledgerPermissions = {
  room: 'ledger',
  permissions: { 'ledger.read': 'Read accounts, balances and transfers' },
} as const;
