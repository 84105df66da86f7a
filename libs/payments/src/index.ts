/** Payments and refunds through gateways, settled exactly once and booked in the ledger. */
export { PaymentsModule } from './payments.module.js';
export { PaymentsService, type PaymentRequest, type RefundOrder, type Scope } from './payments.service.js';
export {
  PaymentActionRequired,
  PaymentAuthorised,
  PaymentCanceled,
  PaymentFailed,
  type PaymentFacts,
  PaymentSucceeded,
  RefundFailed,
  type RefundFacts,
  RefundSucceeded,
} from './payments.events.js';
