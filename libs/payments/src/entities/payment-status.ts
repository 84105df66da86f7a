export const paymentStatuses = [
  'requires_action',
  'processing',
  'requires_capture',
  'succeeded',
  'canceled',
  'failed',
] as const;
export type PaymentStatus = (typeof paymentStatuses)[number];

/** The statuses in which no money was taken, and none is being asked for. */
export const cancelableStatuses: readonly PaymentStatus[] = ['requires_action', 'requires_capture'];
