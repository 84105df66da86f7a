import { Clock, Database, InjectRepository, MissedUpdate, UnitOfWork, type Unit } from '#kernel';
import { LedgerService } from '#ledger';
import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Payment } from '../entities/payment.entity.js';
import { PaymentOrder } from '../entities/payment-order.entity.js';
import { Refund } from '../entities/refund.entity.js';
import type { GatewayOutcome } from '../gateways/payment-gateway.js';
import {
  PaymentActionRequired,
  PaymentAuthorised,
  PaymentCanceled,
  PaymentFailed,
  PaymentSucceeded,
  RefundFailed,
  RefundSucceeded,
} from '../payments.events.js';

/** Runs in the unit that settles, with the row as it is then. */
export type WhenSettled<Row> = (row: Row) => Promise<void>;

/**
 * Writes down what a gateway said, with the money in the ledger and the event, in one unit. Whoever comes first
 * settles: the update names the operation that it settles, so the request, the resolver and a webhook may all try.
 */
@Injectable()
export class Settlement {
  constructor(
    @InjectRepository(Payment) private readonly payments: Repository<Payment>,
    @InjectRepository(Refund) private readonly refunds: Repository<Refund>,
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly ledger: LedgerService,
    private readonly clock: Clock,
  ) {}

  /**
   * Puts a payment in the place of its order, with what the gateway said. Where the resolver or a webhook has done so
   * before, it settles what they left open of the same operation; gives the payment as it stands afterwards.
   */
  async settleOrdered(
    payment: Payment,
    outcome: GatewayOutcome,
    then?: WhenSettled<Payment>,
  ): Promise<Payment> {
    payment.settle(outcome, this.clock.now());
    const insert = (unit: Unit) => {
      this.database.insertLater(Payment, payment);
      return this.bookPayment(payment, outcome, unit);
    };
    try {
      return await this.units.run(intentOf('payment.create', payment), async (unit) => {
        unit.describe({ details: detailsOf(payment, outcome) });
        this.database.deleteLater(PaymentOrder, payment.id);
        await insert(unit);
        await then?.(payment);
        return payment;
      });
    } catch (error) {
      if (!(error instanceof MissedUpdate)) throw error;
      const taken = await this.payments.findOneBy({ id: payment.id });
      if (taken) return this.settleOpen(taken, payment.operationReference, outcome, then);
      // Neither is there: somebody has removed the order by hand. What the gateway did is written down all the same.
      return this.units.run(intentOf('payment.create', payment), async (unit) => {
        unit.describe({ details: { ...detailsOf(payment, outcome), order: 'missing' } });
        await insert(unit);
        await then?.(payment);
        return payment;
      });
    }
  }

  /** Settles the operation that `payment` waits for; gives the payment as it stands afterwards. */
  async settlePayment(
    payment: Payment,
    outcome: GatewayOutcome,
    then?: WhenSettled<Payment>,
  ): Promise<Payment> {
    const { id, status, operationReference } = payment;
    payment.settle(outcome, this.clock.now());
    try {
      return await this.units.run(intentOf('payment.settle', payment), async (unit) => {
        unit.describe({ details: detailsOf(payment, outcome) });
        this.database.updateLater(Payment, { id, status, operationReference }, payment.progress());
        await this.bookPayment(payment, outcome, unit);
        await then?.(payment);
        return payment;
      });
    } catch (error) {
      if (!(error instanceof MissedUpdate)) throw error;
      const changed = await this.payments.findOneByOrFail({ id });
      return this.settleOpen(changed, operationReference, outcome, then);
    }
  }

  /** After somebody else was faster: settles what they left open of this operation, else tells how the payment stands. */
  private settleOpen(
    payment: Payment,
    operationReference: string,
    outcome: GatewayOutcome,
    then: WhenSettled<Payment> | undefined,
  ): Promise<Payment> {
    if (payment.isOpenTo(operationReference, outcome)) return this.settlePayment(payment, outcome, then);
    return this.units.run(intentOf('payment.settle', payment), async (unit) => {
      unit.describe({ details: { operationReference, result: outcome.result, status: payment.status } });
      const settled = await this.payments.findOneByOrFail({ id: payment.id });
      await then?.(settled);
      return settled;
    });
  }

  /** Settles `refund`, turning its reservation into refunded money or giving it back; as {@link settlePayment}. */
  async settleRefund(
    refund: Refund,
    payment: Payment,
    outcome: GatewayOutcome,
    then?: WhenSettled<Refund>,
  ): Promise<Refund> {
    const { id } = refund;
    refund.settle(outcome, this.clock.now());
    const intent = { action: 'refund.settle', resource: { type: 'refund', id }, subject: refund.customerId };
    return this.units.run(intent, async (unit) => {
      unit.describe({ details: { paymentId: payment.id, result: outcome.result, status: refund.status } });
      const { affected } = await this.refunds.update({ id, status: 'processing' }, refund.progress());
      if (affected === 1 && refund.status !== 'processing') await this.bookRefund(refund, payment, unit);
      const settled = affected === 1 ? refund : await this.refunds.findOneByOrFail({ id });
      await then?.(settled);
      return settled;
    });
  }

  private async bookPayment(payment: Payment, outcome: GatewayOutcome, unit: Unit): Promise<void> {
    const facts = factsOf(payment);
    switch (outcome.result) {
      case 'captured':
        await this.ledger.transfer({
          debit: `gateway:${payment.gateway}`,
          credit: 'sales',
          amountMinor: payment.amountCapturedMinor,
          currency: payment.currency,
          reason: 'payment.capture',
          reference: { type: 'payment', id: payment.id },
        });
        return unit.publish(
          new PaymentSucceeded({ ...facts, amountMinor: payment.amountCapturedMinor.toString() }),
        );
      case 'requires_action':
        return unit.publish(new PaymentActionRequired(facts));
      case 'authorised':
        return unit.publish(new PaymentAuthorised(facts));
      case 'canceled':
        return unit.publish(new PaymentCanceled(facts));
      case 'declined':
        if (payment.status === 'failed') {
          unit.publish(new PaymentFailed({ ...facts, failureCode: outcome.failureCode }));
        }
    }
  }

  private async bookRefund(refund: Refund, payment: Payment, unit: Unit): Promise<void> {
    const isDone = refund.status === 'succeeded';
    await this.payments
      .createQueryBuilder()
      .update()
      .set({
        amountRefundReservedMinor: () => 'amount_refund_reserved_minor - :amount',
        ...(isDone ? { amountRefundedMinor: () => 'amount_refunded_minor + :amount' } : {}),
        updatedAt: refund.updatedAt,
        version: () => 'version + 1',
      })
      .where({ id: payment.id })
      .setParameter('amount', refund.amountMinor)
      .execute();
    const facts = { ...factsOf(payment), refundId: refund.id, amountMinor: refund.amountMinor.toString() };
    if (!isDone)
      return unit.publish(new RefundFailed({ ...facts, failureCode: refund.failureCode ?? 'unknown' }));
    await this.ledger.transfer({
      debit: 'sales',
      credit: `gateway:${payment.gateway}`,
      amountMinor: refund.amountMinor,
      currency: refund.currency,
      reason: 'payment.refund',
      reference: { type: 'refund', id: refund.id },
    });
    unit.publish(new RefundSucceeded(facts));
  }
}

const intentOf = (action: string, { id, customerId }: Payment) => ({
  action,
  resource: { type: 'payment', id },
  subject: customerId,
});

const detailsOf = ({ operation, status }: Payment, { result }: GatewayOutcome) => ({
  operation,
  result,
  status,
});

const factsOf = ({ id, customerId, amountMinor, currency }: Payment) => ({
  paymentId: id,
  customerId,
  amountMinor: amountMinor.toString(),
  currency,
});
