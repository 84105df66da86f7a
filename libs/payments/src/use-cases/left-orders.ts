import { Clock, Database, InjectRepository, MissedUpdate, UnitOfWork } from '#kernel';
import { Injectable } from '@nestjs/common';
import { LessThanOrEqual, type Repository } from 'typeorm';
import { PaymentOrder } from '../entities/payment-order.entity.js';
import { Payment } from '../entities/payment.entity.js';

/** Makes payments of orders whose answer did not come back to the request that placed them. */
@Injectable()
export class LeftOrders {
  constructor(
    @InjectRepository(PaymentOrder) private readonly orders: Repository<PaymentOrder>,
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Those that have waited too long, oldest first, at most so many. */
  due(atMost: number): Promise<PaymentOrder[]> {
    const nextCheckAt = LessThanOrEqual(this.clock.now());
    return this.orders.find({ where: { nextCheckAt }, order: { nextCheckAt: 'ASC' }, take: atMost });
  }

  /** Keeps others away from an order, and puts it behind others should it fail; false when somebody else was faster. */
  async claim({ id, checkCount }: PaymentOrder, claim: Pick<PaymentOrder, 'checkCount' | 'nextCheckAt'>) {
    const intent = { action: 'payment.order', recorded: false } as const;
    const { affected } = await this.units.run(intent, () => this.orders.update({ id, checkCount }, claim));
    return affected === 1;
  }

  find(id: string, gateway: string): Promise<PaymentOrder | null> {
    return this.orders.findOneBy({ id, gateway });
  }

  /** Puts a payment in `processing` in the place of the order, unless somebody else was faster. */
  async takeOver(order: PaymentOrder): Promise<void> {
    const { id, customerId } = order;
    const payment = Payment.begin(order);
    const intent = { action: 'payment.create', resource: { type: 'payment', id }, subject: customerId };
    try {
      await this.units.run(intent, async (unit) => {
        const { orderedBy, createdAt, sessionId, traceId } = order;
        unit.describe({
          details: {
            operation: payment.operation,
            status: payment.status,
            orderedBy,
            orderedAt: createdAt.toISOString(),
            ...(sessionId === null ? {} : { orderedInSession: sessionId }),
            ...(traceId === null ? {} : { orderedInTrace: traceId }),
          },
        });
        this.database.deleteLater(PaymentOrder, id);
        this.database.insertLater(Payment, payment);
      });
    } catch (error) {
      if (!(error instanceof MissedUpdate)) throw error;
    }
  }
}
