import type { PurposeDefinition } from '#kernel';

export const authPurposes: Readonly<Record<string, PurposeDefinition>> = {
  'auth.registration': {
    description: 'Verifying that an e-mail address belongs to the person who registers with it',
    legalBasis: 'contract',
  },
  'auth.security_notice': {
    description: 'Mailing people about the security of their account: password resets and changes',
    legalBasis: 'contract',
  },
};
