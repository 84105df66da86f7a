import type { PurposeDefinition } from '#kernel';

export const ownPayments = 'payments.self_service';
export const servePayments = 'payments.administration';

export const paymentPurposes: Readonly<Record<string, PurposeDefinition>> = {
  [ownPayments]: { description: 'Show customers their own payments and refunds', legalBasis: 'contract' },
  [servePayments]: {
    description: 'Answer questions about payments and correct them',
    legalBasis: 'contract',
  },
};
