import type { PurposeDefinition } from '#kernel';

/** Reading a person's data to hand it to that person. */
export const EXPORT_PURPOSE = 'privacy.export';

export const privacyPurposes: Readonly<Record<string, PurposeDefinition>> = {
  [EXPORT_PURPOSE]: {
    description: 'Giving people a copy of everything that is held on them (GDPR Articles 15 and 20)',
    legalBasis: 'legal-obligation',
  },
};
