import { Clock, InjectConfig, InjectRepository, Recurring, UnitOfWork, type ConfigOf } from '#kernel';
import { Injectable, Logger } from '@nestjs/common';
import { LessThanOrEqual, type Repository } from 'typeorm';
import { nextCheck } from '../entities/next-check.js';
import { Payment } from '../entities/payment.entity.js';
import type { PaymentOrder } from '../entities/payment-order.entity.js';
import { Refund } from '../entities/refund.entity.js';
import { PaymentGateways } from '../gateways/payment-gateways.js';
import { PaymentAnswers } from '../payments.answers.js';
import { paymentsConfig } from '../payments.config.js';
import { LeftOrders } from './left-orders.js';
import { Settlement } from './settlement.js';

const batch = 20;

/**
 * Finishes what a timeout or a crash left ordered or in `processing`: asks the gateway what became of the operation, until it
 * knows. Many processes may run it; a conditional update decides who asks, and the settlement settles once anyway.
 */
@Injectable()
export class PaymentResolver {
  private readonly logger = new Logger(PaymentResolver.name);

  constructor(
    @InjectRepository(Payment) private readonly payments: Repository<Payment>,
    @InjectRepository(Refund) private readonly refunds: Repository<Refund>,
    @InjectConfig(paymentsConfig) private readonly config: ConfigOf<typeof paymentsConfig>,
    private readonly units: UnitOfWork,
    private readonly orders: LeftOrders,
    private readonly gateways: PaymentGateways,
    private readonly settlement: Settlement,
    private readonly answers: PaymentAnswers,
    private readonly clock: Clock,
  ) {}

  /** Works off one batch of what is due; true when more may wait. */
  @Recurring({ name: 'payments.resolve', everyMs: 2_000 })
  async resolveDue(): Promise<boolean> {
    const orders = await this.orders.due(batch);
    for (const order of orders) await this.guarded(order.id, () => this.takeOver(order));
    const due = { where: this.due(), order: { nextCheckAt: 'ASC' }, take: batch } as const;
    const payments = await this.payments.find(due);
    const refunds = await this.refunds.find(due);
    for (const payment of payments) await this.guarded(payment.id, () => this.resolvePayment(payment));
    for (const refund of refunds) await this.guarded(refund.id, () => this.resolveRefund(refund));
    return [orders, payments, refunds].some(({ length }) => length === batch);
  }

  private due() {
    return { status: 'processing', nextCheckAt: LessThanOrEqual(this.clock.now()) } as const;
  }

  private async takeOver(order: PaymentOrder): Promise<void> {
    if (await this.orders.claim(order, this.claim(order))) await this.orders.takeOver(order);
  }

  private async resolvePayment(payment: Payment): Promise<void> {
    const { id, customerId, operationReference, checkCount } = payment;
    const claim = this.claim(payment);
    const intent = { action: 'payment.check', resource: { type: 'payment', id }, subject: customerId };
    const { affected } = await this.units.run(intent, () =>
      this.payments.update({ id, status: 'processing', operationReference, checkCount }, claim),
    );
    if (affected !== 1) return;
    Object.assign(payment, claim);
    const outcome = await this.gateways.resolve(payment.gateway, payment.gatewayOperation);
    await this.settlement.settlePayment(payment, outcome, await this.answers.keepLeftPayment(payment));
  }

  private async resolveRefund(refund: Refund): Promise<void> {
    const { id, customerId, checkCount } = refund;
    const payment = await this.payments.findOneByOrFail({ id: refund.paymentId });
    const claim = this.claim(refund);
    const intent = { action: 'refund.check', resource: { type: 'refund', id }, subject: customerId };
    const { affected } = await this.units.run(intent, () =>
      this.refunds.update({ id, status: 'processing', checkCount }, claim),
    );
    if (affected !== 1) return;
    Object.assign(refund, claim);
    const outcome = await this.gateways.resolve(payment.gateway, refund.operationOn(payment));
    await this.settlement.settleRefund(refund, payment, outcome, await this.answers.keepLeftRefund(refund));
  }

  /** Counts the check, and keeps others away while this one may still be waiting for the gateway. */
  private claim({ checkCount }: { readonly checkCount: number }) {
    const now = this.clock.now();
    const lease = new Date(now.getTime() + this.config.resolveAfterMs);
    const pause = nextCheck(checkCount, now);
    return { checkCount: checkCount + 1, nextCheckAt: pause > lease ? pause : lease };
  }

  private async guarded(id: string, work: () => Promise<void>): Promise<void> {
    try {
      await work();
    } catch (error) {
      this.logger.error({ id, err: error }, 'not resolved; it will be tried again');
    }
  }
}
