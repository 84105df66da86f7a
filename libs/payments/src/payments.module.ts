import { feature } from '#kernel';
import { LedgerModule } from '#ledger';
import { Module } from '@nestjs/common';
import { Payment } from './entities/payment.entity.js';
import { PaymentOrder } from './entities/payment-order.entity.js';
import { Refund } from './entities/refund.entity.js';
import { PaymentGateways } from './gateways/payment-gateways.js';
import { SandboxGateway } from './gateways/sandbox/sandbox.gateway.js';
import { CreatePayments1700000008000 } from './migrations/1700000008000-create-payments.js';
import { IndexRefundsByCustomer1700000008100 } from './migrations/1700000008100-index-refunds-by-customer.js';
import { CreatePaymentOrders1700000008200 } from './migrations/1700000008200-create-payment-orders.js';
import { paymentsConfig } from './payments.config.js';
import { PaymentAnswers } from './payments.answers.js';
import { AdminPaymentsController } from './admin-payments.controller.js';
import { PaymentsController } from './payments.controller.js';
import { paymentErrors } from './payments.errors.js';
import {
  PaymentActionRequired,
  PaymentAuthorised,
  PaymentCanceled,
  PaymentFailed,
  PaymentSucceeded,
  RefundFailed,
  RefundSucceeded,
} from './payments.events.js';
import { paymentPermissions } from './payments.permissions.js';
import { paymentPurposes } from './payments.purposes.js';
import { PaymentsService } from './payments.service.js';
import { LeftOrders } from './use-cases/left-orders.js';
import { PaymentNotifications } from './use-cases/notifications.js';
import { ReleaseOnErasure } from './use-cases/release-on-erasure.js';
import { PaymentResolver } from './use-cases/resolver.js';
import { Settlement } from './use-cases/settlement.js';
import { WebhooksController } from './webhooks.controller.js';

/** Payments and refunds through gateways, booked in the ledger. */
@Module({
  imports: [
    LedgerModule,
    feature({
      name: 'payments',
      entities: [Payment, PaymentOrder, Refund],
      migrations: [
        CreatePayments1700000008000,
        IndexRefundsByCustomer1700000008100,
        CreatePaymentOrders1700000008200,
      ],
      errors: paymentErrors,
      permissions: paymentPermissions,
      purposes: paymentPurposes,
      events: [
        PaymentActionRequired,
        PaymentAuthorised,
        PaymentSucceeded,
        PaymentFailed,
        PaymentCanceled,
        RefundSucceeded,
        RefundFailed,
      ],
      config: [paymentsConfig],
    }),
  ],
  controllers: [PaymentsController, AdminPaymentsController, WebhooksController],
  providers: [
    LeftOrders,
    PaymentsService,
    PaymentAnswers,
    PaymentGateways,
    PaymentNotifications,
    PaymentResolver,
    ReleaseOnErasure,
    SandboxGateway,
    Settlement,
  ],
  exports: [PaymentsService],
})
export class PaymentsModule {}
