import type { PurposeDefinition } from '#kernel';

export const administration = 'users.administration';

export const usersPurposes: Readonly<Record<string, PurposeDefinition>> = {
  'account.self_service': {
    description: 'Showing people their own account and letting them change it',
    legalBasis: 'contract',
  },
  [administration]: {
    description: 'Administrators finding and managing accounts',
    legalBasis: 'legitimate-interests',
  },
};
