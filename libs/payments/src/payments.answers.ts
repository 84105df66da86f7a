import { Idempotency } from '#kernel';
import { Vault } from '#vault';
import { HttpStatus, Injectable } from '@nestjs/common';
import { PaymentResponse } from './dto/payment.response.js';
import { RefundResponse } from './dto/refund.response.js';
import type { Payment } from './entities/payment.entity.js';
import type { PaymentMetadata } from './entities/payment-terms.js';
import type { Refund } from './entities/refund.entity.js';
import { ownPayments } from './payments.purposes.js';
import type { WhenSettled } from './use-cases/settlement.js';

/** Makes answers of rows, and keeps the answers of requests with an idempotency key in the unit that settles them. */
@Injectable()
export class PaymentAnswers {
  constructor(
    private readonly vault: Vault,
    private readonly idempotency: Idempotency,
  ) {}

  /** Payments with their metadata, in one reveal; none at all when no payment has any. */
  async payments(payments: readonly Payment[], purpose: string): Promise<PaymentResponse[]> {
    if (payments.every(({ metadata }) => metadata === null)) {
      return payments.map((payment) => PaymentResponse.with(payment, null));
    }
    const revealed = await this.vault.reveal(payments, ['metadata'], purpose);
    return payments.map((payment, index) => PaymentResponse.with(payment, revealed[index]?.metadata ?? null));
  }

  async payment(payment: Payment, purpose: string): Promise<PaymentResponse> {
    return PaymentResponse.with(payment, await this.metadataOf(payment, purpose));
  }

  /** Refunds with their reasons, in one reveal. */
  async refunds(refunds: readonly Refund[], purpose: string): Promise<RefundResponse[]> {
    if (refunds.every(({ reason }) => reason === null)) {
      return refunds.map((refund) => RefundResponse.with(refund, null));
    }
    const revealed = await this.vault.reveal(refunds, ['reason'], purpose);
    return refunds.map((refund, index) => RefundResponse.with(refund, revealed[index]?.reason ?? null));
  }

  /** Keeps the answer of the present request. */
  keepPayment(metadata: PaymentMetadata | null): WhenSettled<Payment> {
    return (payment) =>
      this.idempotency.complete(HttpStatus.CREATED, PaymentResponse.with(payment, metadata));
  }

  /** Keeps the answer of the present request. */
  keepRefund(reason: string | null): WhenSettled<Refund> {
    return (refund) => this.idempotency.complete(HttpStatus.CREATED, RefundResponse.with(refund, reason));
  }

  /** Keeps the answer that a crash left unsaid, so that a repeated request is told it; nothing if none was. */
  async keepLeftPayment(payment: Payment): Promise<WhenSettled<Payment> | undefined> {
    const { idempotencyId, customerId } = payment;
    if (idempotencyId === null || !(await this.canSealFor(customerId))) return undefined;
    const metadata = await this.metadataOf(payment, ownPayments);
    return (settled) =>
      this.idempotency.completeRecord(
        idempotencyId,
        HttpStatus.CREATED,
        PaymentResponse.with(settled, metadata),
      );
  }

  /** As {@link keepLeftPayment}. */
  async keepLeftRefund(refund: Refund): Promise<WhenSettled<Refund> | undefined> {
    const { idempotencyId, requestedBy } = refund;
    if (idempotencyId === null || !(await this.canSealFor(requestedBy))) return undefined;
    const [answer] = await this.refunds([refund], ownPayments);
    return (settled) =>
      this.idempotency.completeRecord(
        idempotencyId,
        HttpStatus.CREATED,
        RefundResponse.with(settled, answer?.reason ?? null),
      );
  }

  private async metadataOf(payment: Payment, purpose: string): Promise<PaymentMetadata | null> {
    if (payment.metadata === null) return null;
    const [revealed] = await this.vault.reveal([payment], ['metadata'], purpose);
    return revealed?.metadata ?? null;
  }

  /** Nobody repeats a request of an erased account. */
  private async canSealFor(principalId: string): Promise<boolean> {
    await this.vault.prepare([principalId]);
    return !this.vault.isErased(principalId);
  }
}
