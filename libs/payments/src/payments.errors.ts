import { defineErrors } from '#kernel';

export const paymentErrors = defineErrors('payments', {
  'payments.not_found': {
    status: 404,
    title: 'Payment not found',
    detail: 'No payment with this id is visible to you. Check the id.',
  },
  'payments.wrong_status': {
    status: 409,
    title: 'The payment does not allow this now',
    detail: 'Read the payment; its status tells what can be done with it.',
  },
  'payments.capture_exceeds_amount': {
    status: 409,
    title: 'More than was authorised',
    detail: 'Capture at most the amount of the payment.',
  },
  'payments.refund_exceeds_capture': {
    status: 409,
    title: 'More than is left to refund',
    detail: 'Refund at most what was captured less what was refunded or is being refunded.',
  },
  'payments.unknown_gateway': {
    status: 404,
    title: 'No such gateway',
    detail: 'Check the last part of the path; it names a gateway.',
  },
  'payments.webhook_not_genuine': {
    status: 401,
    title: 'The call is not genuine',
    detail: 'Sign the exact body with the webhook secret of this gateway, not longer than five minutes ago.',
  },
});
