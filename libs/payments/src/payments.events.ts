import { DomainEvent } from '#kernel';

export interface PaymentFacts {
  readonly paymentId: string;
  readonly customerId: string;
  /** In minor units, as text: JSON numbers are doubles. */
  readonly amountMinor: string;
  readonly currency: string;
}

export interface RefundFacts extends PaymentFacts {
  readonly refundId: string;
}

/** The money is reserved and waits for a capture. */
export class PaymentAuthorised extends DomainEvent<PaymentFacts> {
  static readonly type = 'payments.payment_authorised';
}

/** The customer has to do something before the gateway decides. */
export class PaymentActionRequired extends DomainEvent<PaymentFacts> {
  static readonly type = 'payments.payment_action_required';
}

/** The money was taken; the amount is what was captured. */
export class PaymentSucceeded extends DomainEvent<PaymentFacts> {
  static readonly type = 'payments.payment_succeeded';
}

export class PaymentFailed extends DomainEvent<PaymentFacts & { readonly failureCode: string }> {
  static readonly type = 'payments.payment_failed';
}

export class PaymentCanceled extends DomainEvent<PaymentFacts> {
  static readonly type = 'payments.payment_canceled';
}

export class RefundSucceeded extends DomainEvent<RefundFacts> {
  static readonly type = 'payments.refund_succeeded';
}

export class RefundFailed extends DomainEvent<RefundFacts & { readonly failureCode: string }> {
  static readonly type = 'payments.refund_failed';
}
