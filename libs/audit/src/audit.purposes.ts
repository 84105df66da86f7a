import type { PurposeDefinition } from '#kernel';

/** For what an auditor may open what is sealed in the record. */
export const auditPurposes = {
  'audit.investigation': {
    description: 'Finding out who did what when an incident or misuse is suspected (GDPR Articles 32 and 33)',
    legalBasis: 'legitimate-interests',
  },
} as const satisfies Readonly<Record<string, PurposeDefinition>>;
