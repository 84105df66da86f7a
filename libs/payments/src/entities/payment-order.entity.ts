import { CodeColumn, newId, NotCaptured, PersonalData, RefColumn, type Sealed } from '#kernel';
import { isCurrency } from '#ledger';
import { Entity } from 'typeorm';
import type { AwaitsGateway } from './awaits-gateway.js';
import { type PaymentMetadata, PaymentTerms } from './payment-terms.js';

export type NewPaymentOrder = Omit<PaymentTerms, keyof AwaitsGateway> &
  Pick<PaymentOrder, 'idempotencyId' | 'orderedBy' | 'sessionId' | 'traceId'>;

/**
 * A payment that was ordered and is not there yet. It is committed before the gateway hears of it, and the payment takes
 * its place when the gateway has answered. What a crash left behind, the resolver makes a payment in `processing` of.
 */
@Entity('payment_order')
@NotCaptured('It lives until the gateway answers; the payment that takes its place is on the record.')
export class PaymentOrder extends PaymentTerms {
  @PersonalData({
    id: 'payments.order_metadata',
    sealedAs: 'payments.metadata',
    subject: 'customerId',
    retention: 'accounting',
    label: 'What the shop noted with a payment that the gateway has not answered yet',
    nullable: true,
  })
  metadata: Sealed<PaymentMetadata> | null;

  /** Who placed it; the record tells when the order is taken over. */
  @RefColumn()
  orderedBy: string;

  @RefColumn({ nullable: true })
  sessionId: string | null;

  @CodeColumn({ length: 64, nullable: true })
  traceId: string | null;

  /**
   * What could not be booked afterwards is refused before the gateway hears of it: throws a RangeError for an amount or a
   * currency that no payment can have. The payment will have its id.  Unanswered, it is the resolver's from `checkAt` on.
   */
  static place(order: NewPaymentOrder, now: Date, checkAt: Date): PaymentOrder {
    const { amountMinor, currency } = order;
    if (amountMinor <= 0n || amountMinor > BigInt(Number.MAX_SAFE_INTEGER) || !isCurrency(currency))
      throw new RangeError(`${amountMinor} ${currency} cannot be paid`);
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
