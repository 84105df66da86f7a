import { InjectRepository, RequestContext, systemPrincipal } from '#kernel';
import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { Payment } from '../entities/payment.entity.js';
import type { GatewayNotification, WebhookCall } from '../gateways/payment-gateway.js';
import { PaymentGateways } from '../gateways/payment-gateways.js';
import { PaymentAnswers } from '../payments.answers.js';
import { paymentErrors } from '../payments.errors.js';
import { LeftOrders } from './left-orders.js';
import { Settlement } from './settlement.js';

/** Takes in what gateways tell us by themselves. Telling it twice, or too late, changes nothing. */
@Injectable()
export class PaymentNotifications {
  constructor(
    @InjectRepository(Payment) private readonly payments: Repository<Payment>,
    private readonly orders: LeftOrders,
    private readonly gateways: PaymentGateways,
    private readonly settlement: Settlement,
    private readonly answers: PaymentAnswers,
    private readonly context: RequestContext,
  ) {}

  /**
   * Settles what the call is about, as the system. Throws `payments.unknown_gateway`, `payments.webhook_not_genuine`,
   * and `payments.not_found` for a payment that is not of this gateway.
   */
  async receive(gatewayName: string, call: WebhookCall): Promise<void> {
    const notification = this.gateways.get(gatewayName).readNotification(call);
    if (!notification) throw paymentErrors.problem('payments.webhook_not_genuine');
    await this.context.runAs(systemPrincipal(`gateway:${gatewayName}`), async () => {
      const payment = await this.find(notification, gatewayName);
      if (!payment) throw paymentErrors.problem('payments.not_found');
      if (!payment.awaitsGateway) return;
      const outcome = notification.outcomeOf(payment.gatewayOperation);
      if (outcome.result === 'unknown') return;
      await this.settlement.settlePayment(payment, outcome, await this.answers.keepLeftPayment(payment));
    });
  }

  /** The payment; where the call is faster than the answer to the request that ordered it, it takes the order over. */
  private async find(notification: GatewayNotification, gateway: string): Promise<Payment | null> {
    const { paymentId: id } = notification;
    const order = await this.orders.find(id, gateway);
    if (order) {
      const payment = Payment.begin(order);
      if (notification.outcomeOf(payment.gatewayOperation).result === 'unknown') return payment;
      await this.orders.takeOver(order);
    }
    return this.payments.findOneBy({ id, gateway });
  }
}
