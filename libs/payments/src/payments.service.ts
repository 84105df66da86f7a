import {
  Clock,
  Database,
  Idempotency,
  InjectConfig,
  InjectRepository,
  RequestContext,
  selectPage,
  UnitOfWork,
  type ConfigOf,
  type Page,
  type PageQuery,
} from '#kernel';
import { Vault } from '#vault';
import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Payment } from './entities/payment.entity.js';
import { PaymentOrder, type NewPaymentOrder } from './entities/payment-order.entity.js';
import type { PaymentMetadata } from './entities/payment-terms.js';
import { Refund } from './entities/refund.entity.js';
import { PaymentGateways } from './gateways/payment-gateways.js';
import { paymentsConfig } from './payments.config.js';
import { paymentErrors } from './payments.errors.js';
import { Settlement, type WhenSettled } from './use-cases/settlement.js';

const retention = 'accounting';

/** What a payment is ordered by. */
export type PaymentRequest = Omit<
  NewPaymentOrder,
  'gateway' | 'idempotencyId' | 'orderedBy' | 'sessionId' | 'traceId'
> & {
  readonly metadata?: PaymentMetadata;
};

export type PaymentFilter = Partial<Pick<Payment, 'customerId' | 'status'>>;

export interface RefundOrder {
  /** Everything that is left to refund, unless given. */
  readonly amountMinor?: bigint;
  readonly reason?: string;
}

/** Whose payments are meant: those of one customer, or all. */
export type Scope = { readonly customerId: string } | 'all';

/**
 * Takes payments and gives them back. Each operation is committed before the gateway hears of it and settled after its
 * answer, in two units with the gateway's call between them; what happens to the process in between is the resolver's
 * business.
 */
@Injectable()
export class PaymentsService {
  constructor(
    @InjectRepository(Payment) private readonly payments: Repository<Payment>,
    @InjectRepository(Refund) private readonly refunds: Repository<Refund>,
    @InjectConfig(paymentsConfig) private readonly config: ConfigOf<typeof paymentsConfig>,
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly vault: Vault,
    private readonly gateways: PaymentGateways,
    private readonly settlement: Settlement,
    private readonly idempotency: Idempotency,
    private readonly context: RequestContext,
    private readonly clock: Clock,
  ) {}

  /**
   * Creates a payment and asks the gateway to authorise it. A decline is a payment with status `failed`, no error.
   * `then` runs inside the unit that settles.
   */
  async create(request: PaymentRequest, then?: WhenSettled<Payment>): Promise<Payment> {
    const { metadata, ...terms } = request;
    const idempotencyId = this.idempotency.recordId ?? null;
    const full = {
      ...terms,
      gateway: this.gateways.standard,
      idempotencyId,
      orderedBy: this.context.principal.id,
      sessionId: this.context.principal.sessionId ?? null,
      traceId: this.context.get()?.traceId ?? null,
    };
    const order = PaymentOrder.place(full, this.clock.now(), this.checkAt());
    if (metadata) {
      await this.vault.prepare([order.customerId], retention);
      this.vault.seal(order, { metadata });
    }
    const payment = Payment.begin(order);
    await this.units.run({ action: 'payment.order', recorded: false }, async () => {
      this.database.insertLater(PaymentOrder, order);
      await this.idempotency.hold();
    });
    const outcome = await this.gateways.perform(payment.gateway, payment.gatewayOperation);
    return this.settlement.settleOrdered(payment, outcome, then);
  }

  /** Throws `payments.not_found`, also for a payment outside the scope. */
  async get(id: string, scope: Scope): Promise<Payment> {
    const owner = scope === 'all' ? {} : { customerId: scope.customerId };
    const payment = await this.payments.findOneBy({ id, ...owner });
    if (!payment) throw paymentErrors.problem('payments.not_found');
    return payment;
  }

  /** Payments, newest first, one query a page. */
  list(filter: PaymentFilter, query: PageQuery): Promise<Page<Payment>> {
    return selectPage<Payment>(this.database, Payment, filter, query);
  }

  /** Captures an authorised payment, in part if `amountMinor` is less than its amount; once. */
  async capture(id: string, amountMinor: bigint | undefined, scope: Scope): Promise<Payment> {
    return this.operate('payment.capture', id, scope, (payment) =>
      payment.beginCapture(amountMinor, this.clock.now(), this.checkAt()),
    );
  }

  /** Cancels a payment that has taken no money. */
  async cancel(id: string, scope: Scope): Promise<Payment> {
    return this.operate('payment.cancel', id, scope, (payment) =>
      payment.beginCancel(this.clock.now(), this.checkAt()),
    );
  }

  /** Refunds a captured payment, in part or all that is left. A refusal of the gateway is a refund with status `failed`. */
  async refund(
    paymentId: string,
    order: RefundOrder,
    scope: Scope,
    then?: WhenSettled<Refund>,
  ): Promise<Refund> {
    const refundId = Refund.newId();
    if (order.reason !== undefined) {
      const { customerId } = await this.get(paymentId, scope);
      await this.vault.prepare([customerId], retention);
    }
    const intent = { action: 'refund.create', resource: { type: 'refund', id: refundId } };
    const { refund, payment } = await this.units.run(intent, async (unit) => {
      const payment = await this.get(paymentId, scope);
      unit.describe({ subject: payment.customerId, details: { paymentId } });
      const amountMinor = await this.reserve(payment, order.amountMinor);
      const idempotencyId = this.idempotency.recordId ?? null;
      const full = { id: refundId, amountMinor, requestedBy: this.context.principal.id, idempotencyId };
      const refund = Refund.begin(full, payment, this.clock.now(), this.checkAt());
      if (order.reason !== undefined) this.vault.seal(refund, { reason: order.reason });
      this.database.insertLater(Refund, refund);
      return { refund, payment };
    });
    const outcome = await this.gateways.perform(payment.gateway, refund.operationOn(payment));
    return this.settlement.settleRefund(refund, payment, outcome, then);
  }

  /** The refunds of a payment, oldest first. Throws `payments.not_found`. */
  async refundsOf(paymentId: string, scope: Scope): Promise<Refund[]> {
    await this.get(paymentId, scope);
    return this.refunds.find({ where: { paymentId }, order: { id: 'ASC' } });
  }

  private async operate(
    action: string,
    id: string,
    scope: Scope,
    begin: (payment: Payment) => void,
  ): Promise<Payment> {
    const payment = await this.units.run({ action, resource: { type: 'payment', id } }, async (unit) => {
      const found = await this.get(id, scope);
      const { status, version } = found;
      unit.describe({ subject: found.customerId });
      begin(found);
      const { affected } = await this.payments.update({ id, status, version }, found.progress());
      if (affected !== 1) throw paymentErrors.problem('payments.wrong_status');
      return found;
    });
    const outcome = await this.gateways.perform(payment.gateway, payment.gatewayOperation);
    return this.settlement.settlePayment(payment, outcome);
  }

  /** Takes the amount out of what can still be refunded, in one statement that fails when another refund was faster. */
  private async reserve(payment: Payment, wanted: bigint | undefined): Promise<bigint> {
    if (payment.status !== 'succeeded') {
      throw paymentErrors.problem('payments.wrong_status', {
        detail: `A payment in status ${payment.status} cannot be refunded.`,
      });
    }
    const amountMinor = wanted ?? payment.refundableMinor;
    if (amountMinor <= 0n) throw paymentErrors.problem('payments.refund_exceeds_capture');
    const { affected } = await this.payments
      .createQueryBuilder()
      .update()
      .set({
        amountRefundReservedMinor: () => 'amount_refund_reserved_minor + :amount',
        updatedAt: this.clock.now(),
        version: () => 'version + 1',
      })
      .where(
        'id = :id AND amount_captured_minor - amount_refunded_minor - amount_refund_reserved_minor >= :amount',
      )
      .setParameters({ id: payment.id, amount: amountMinor })
      .execute();
    if (affected !== 1) throw paymentErrors.problem('payments.refund_exceeds_capture');
    return amountMinor;
  }

  private checkAt(): Date {
    return new Date(this.clock.now().getTime() + this.config.resolveAfterMs);
  }
}
