import { newId, NotCaptured, PersonalData, type Sealed } from '#kernel';
import { Entity } from 'typeorm';
import type { AwaitsGateway } from './awaits-gateway.js';
import { type PaymentMetadata, PaymentTerms } from './payment-terms.js';

export type NewPaymentOrder = Omit<PaymentTerms, keyof AwaitsGateway> & Pick<PaymentTerms, 'idempotencyId'>;

/**
 * A payment that was ordered and is not there yet. It is committed before the gateway hears of it, and the payment takes
 * its place when the gateway has answered. What a crash left behind, the resolver makes a payment in `processing` of.
 */
@Entity('payment_order')
@NotCaptured('It lives until the gateway answers; the payment that takes its place is on the record.')
export class PaymentOrder extends PaymentTerms {
  @PersonalData({
    id: 'payments.order_metadata',
    subject: 'customerId',
    retention: 'accounting',
    label: 'What the shop noted with a payment that the gateway has not answered yet',
    nullable: true,
  })
  metadata: Sealed<PaymentMetadata> | null;

  /** The payment will have its id. Unanswered, it is the resolver's from `checkAt` on. */
  static place(order: NewPaymentOrder, now: Date, checkAt: Date): PaymentOrder {
    return Object.assign(new PaymentOrder(), order, {
      id: newId('pay'),
      gatewayReference: null,
      failureCode: null,
      metadata: null,
      checkCount: 0,
      nextCheckAt: checkAt,
      createdAt: now,
      updatedAt: now,
    } satisfies Partial<PaymentOrder>);
  }
}
