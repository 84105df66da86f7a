import { definePermissions } from '#kernel';

export const paymentPermissions = definePermissions('payments', {
  'payments.read': 'Read the payments of all customers',
  'payments.capture': 'Capture authorised payments of all customers',
  'payments.cancel': 'Cancel unfinished payments of all customers',
  'payments.refund': 'Refund payments of all customers',
});
