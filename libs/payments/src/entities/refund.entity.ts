import {
  AmountColumn,
  CodeColumn,
  CurrencyColumn,
  newId,
  PersonalData,
  RefColumn,
  type Sealed,
} from '#kernel';
import { Entity } from 'typeorm';
import type { GatewayOperation, GatewayOutcome } from '../gateways/payment-gateway.js';
import { AwaitsGateway } from './awaits-gateway.js';
import type { Payment } from './payment.entity.js';

export const refundStatuses = ['processing', 'succeeded', 'failed'] as const;
export type RefundStatus = (typeof refundStatuses)[number];

export type NewRefund = Pick<Refund, 'id' | 'amountMinor' | 'requestedBy' | 'idempotencyId'>;

/** Money on its way back. While `processing`, its amount stays reserved on the payment. */
@Entity('refund')
export class Refund extends AwaitsGateway {
  @RefColumn()
  paymentId: string;

  /** Of the payment; the person whom the reason is about. */
  @RefColumn()
  customerId: string;

  @AmountColumn()
  amountMinor: bigint;

  @CurrencyColumn()
  currency: string;

  @CodeColumn({ length: 20 })
  status: RefundStatus;

  @PersonalData({
    id: 'payments.refund_reason',
    subject: 'customerId',
    retention: 'accounting',
    label: 'Why a payment was refunded',
    nullable: true,
  })
  reason: Sealed<string> | null;

  /** Who asked for it: the customer or an administrator. */
  @RefColumn()
  requestedBy: string;

  static begin(order: NewRefund, payment: Payment, now: Date, checkAt: Date): Refund {
    return Object.assign(new Refund(), order, {
      paymentId: payment.id,
      customerId: payment.customerId,
      currency: payment.currency,
      status: 'processing',
      gatewayReference: null,
      failureCode: null,
      reason: null,
      checkCount: 0,
      nextCheckAt: checkAt,
      createdAt: now,
      updatedAt: now,
    } satisfies Partial<Refund>);
  }

  static newId(): string {
    return newId('rfd');
  }

  /** The operation, complete enough to be sent again; the refund's id is its idempotency reference. */
  operationOn(payment: Payment): GatewayOperation {
    return {
      ...payment.gatewayOperation,
      kind: 'refund',
      reference: this.id,
      amountMinor: this.amountMinor,
    };
  }

  /** Takes in what became of the refund. Throws an Error for an outcome that no refund can have. */
  settle(outcome: GatewayOutcome, now: Date): void {
    this.updatedAt = now;
    this.idempotencyId = null;
    switch (outcome.result) {
      case 'refunded':
        this.gatewayReference = outcome.gatewayReference;
        return this.become('succeeded');
      case 'declined':
        return this.become('failed', outcome.failureCode);
      case 'unknown':
      case 'not_found':
        return this.askAgain(now);
      default:
        throw new Error(`refund ${this.id} cannot be settled as ${outcome.result}`);
    }
  }

  /** The columns that {@link settle} changes. */
  progress() {
    const { status, gatewayReference, failureCode, checkCount, nextCheckAt, updatedAt, idempotencyId } = this;
    return { status, gatewayReference, failureCode, checkCount, nextCheckAt, updatedAt, idempotencyId };
  }

  private become(status: RefundStatus, failureCode: string | null = null): void {
    this.status = status;
    this.failureCode = failureCode;
    this.nextCheckAt = null;
  }
}
