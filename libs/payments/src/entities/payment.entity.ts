import {
  AmountColumn,
  CodeColumn,
  InstantColumn,
  IntegerColumn,
  JsonColumn,
  NotPersonal,
  PersonalData,
  type Sealed,
} from '#kernel';
import { Entity } from 'typeorm';
import type {
  GatewayOperation,
  GatewayOutcome,
  NextAction,
  OperationKind,
} from '../gateways/payment-gateway.js';
import { paymentErrors } from '../payments.errors.js';
import type { PaymentOrder } from './payment-order.entity.js';
import { cancelableStatuses, type PaymentStatus } from './payment-status.js';
import { type PaymentMetadata, PaymentTerms } from './payment-terms.js';

/**
 * A payment and its state machine.
 *
 * ```
 * processing ─┬→ succeeded
 *  (authorise)├→ requires_capture ─ processing (capture) → succeeded, or back
 *             │        └────────── processing (cancel)  → canceled, or back
 *             ├→ requires_action ─┬→ succeeded · requires_capture · failed
 *             │        └────────── processing (cancel)  → canceled, or back
 *             └→ failed
 * ```
 *
 * `processing` always means that an operation was committed and its outcome is not known yet; the resolver keeps
 * asking the gateway until it is.
 */
@Entity('payment')
export class Payment extends PaymentTerms {
  @PersonalData({
    id: 'payments.metadata',
    subject: 'customerId',
    retention: 'accounting',
    label: 'What the shop noted with a payment',
    nullable: true,
  })
  metadata: Sealed<PaymentMetadata> | null;

  @CodeColumn({ length: 20 })
  status: PaymentStatus;

  @AmountColumn()
  amountCapturedMinor: bigint;

  @AmountColumn()
  amountRefundedMinor: bigint;

  /** Held for refunds whose outcome is not known yet. Changed by conditional updates only. */
  @AmountColumn()
  amountRefundReservedMinor: bigint;

  /** The operation that is under way, or was the last one. */
  @CodeColumn({ length: 10 })
  operation: Exclude<OperationKind, 'refund'>;

  /** The idempotency reference that the gateway gets for it. */
  @CodeColumn({ length: 64 })
  operationReference: string;

  @AmountColumn()
  operationAmountMinor: bigint;

  /** Where the payment returns to when the gateway refuses a capture or a cancellation. */
  @CodeColumn({ length: 20, nullable: true })
  resumeStatus: PaymentStatus | null;

  @NotPersonal()
  @JsonColumn({ nullable: true })
  nextAction: NextAction | null;

  @IntegerColumn()
  version: number;

  @InstantColumn({ nullable: true })
  capturedAt: Date | null;

  /** The payment that was ordered, with its authorisation under way. */
  static begin(order: PaymentOrder): Payment {
    const { orderedBy: _orderedBy, sessionId: _sessionId, traceId: _traceId, ...terms } = order;
    return Object.assign(new Payment(), terms, {
      status: 'processing',
      amountCapturedMinor: 0n,
      amountRefundedMinor: 0n,
      amountRefundReservedMinor: 0n,
      operation: 'authorise',
      operationReference: terms.id,
      operationAmountMinor: terms.amountMinor,
      resumeStatus: null,
      nextAction: null,
      version: 1,
      capturedAt: null,
    } satisfies Partial<Payment>);
  }

  /** Begins to capture `amountMinor`, or all; what is left of the authorisation is given up. */
  beginCapture(amountMinor: bigint | undefined, now: Date, checkAt: Date): void {
    if (this.status !== 'requires_capture') throw this.wrongStatus('captured');
    const amount = amountMinor ?? this.amountMinor;
    if (amount > this.amountMinor) throw paymentErrors.problem('payments.capture_exceeds_amount');
    this.beginOperation('capture', amount, now, checkAt);
  }

  /** Begins to give up a payment that has taken no money. */
  beginCancel(now: Date, checkAt: Date): void {
    if (!this.isCancelable) throw this.wrongStatus('canceled');
    this.beginOperation('cancel', this.amountMinor, now, checkAt);
  }

  get isCancelable(): boolean {
    return cancelableStatuses.includes(this.status);
  }

  /** Whether an outcome from the gateway can still change the payment. */
  get awaitsGateway(): boolean {
    return this.status === 'processing' || this.status === 'requires_action';
  }

  /**
   * Whether `outcome` of the operation `reference` still says something new, where somebody else may have settled that
   * operation or begun another one.
   */
  isOpenTo(reference: string, { result }: GatewayOutcome): boolean {
    if (this.operationReference !== reference || result === 'unknown' || result === 'not_found') return false;
    if (this.status === 'processing') return true;
    // A refused cancellation leaves the customer's action as it was, and is over itself.
    const waitsForCustomer = this.status === 'requires_action' && this.operation === 'authorise';
    return waitsForCustomer && result !== 'requires_action';
  }

  /** What is left to refund, reservations taken off. */
  get refundableMinor(): bigint {
    return this.amountCapturedMinor - this.amountRefundedMinor - this.amountRefundReservedMinor;
  }

  /** The operation under way, complete enough to be sent again. */
  get gatewayOperation(): GatewayOperation {
    return {
      kind: this.operation,
      reference: this.operationReference,
      paymentId: this.id,
      gatewayReference: this.gatewayReference ?? undefined,
      paymentMethod: this.paymentMethod,
      amountMinor: this.operationAmountMinor,
      currency: this.currency,
      capture: this.captureMode,
    };
  }

  /** Takes in what became of the operation under way. Throws an Error for an outcome that no payment can have. */
  settle(outcome: GatewayOutcome, now: Date): void {
    this.updatedAt = now;
    this.idempotencyId = null;
    if ('gatewayReference' in outcome) this.gatewayReference ??= outcome.gatewayReference ?? null;
    switch (outcome.result) {
      case 'captured':
        this.amountCapturedMinor = outcome.amountMinor;
        this.capturedAt = now;
        return this.become('succeeded');
      case 'authorised':
        return this.become('requires_capture');
      case 'requires_action':
        this.become('requires_action');
        this.nextAction = outcome.nextAction;
        return;
      case 'canceled':
        return this.become('canceled');
      case 'declined':
        return this.become(this.resumeStatus ?? 'failed', outcome.failureCode);
      case 'unknown':
      case 'not_found':
        if (this.status === 'processing') this.askAgain(now);
        return;
      case 'refunded':
        throw new Error(`payment ${this.id} cannot be settled as refunded`);
    }
  }

  /** The columns that {@link beginCapture}, {@link beginCancel} and {@link settle} change. */
  progress() {
    return {
      status: this.status,
      gatewayReference: this.gatewayReference,
      amountCapturedMinor: this.amountCapturedMinor,
      operation: this.operation,
      operationReference: this.operationReference,
      operationAmountMinor: this.operationAmountMinor,
      resumeStatus: this.resumeStatus,
      failureCode: this.failureCode,
      nextAction: this.nextAction,
      idempotencyId: this.idempotencyId,
      checkCount: this.checkCount,
      nextCheckAt: this.nextCheckAt,
      updatedAt: this.updatedAt,
      capturedAt: this.capturedAt,
      version: () => 'version + 1',
    };
  }

  private beginOperation(kind: 'capture' | 'cancel', amountMinor: bigint, now: Date, checkAt: Date): void {
    this.resumeStatus = this.status;
    this.status = 'processing';
    this.operation = kind;
    this.operationReference = `${this.id}.${kind}.${this.version}`;
    this.operationAmountMinor = amountMinor;
    this.failureCode = null;
    this.checkCount = 0;
    this.nextCheckAt = checkAt;
    this.updatedAt = now;
  }

  private become(status: PaymentStatus, failureCode: string | null = null): void {
    this.status = status;
    this.failureCode = failureCode;
    // A refused cancellation leaves the customer's action as it was.
    if (status !== 'requires_action') this.nextAction = null;
    this.resumeStatus = null;
    this.nextCheckAt = null;
  }

  private wrongStatus(participle: string): Error {
    return paymentErrors.problem('payments.wrong_status', {
      detail: `A payment in status ${this.status} cannot be ${participle}.`,
    });
  }
}
