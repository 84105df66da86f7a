import { Clock, Handles, InjectRepository, UnitOfWork, type DeliveredEvent } from '#kernel';
import { ErasureParticipant } from '#privacy';
import { SubjectKeyDestroyed, Vault } from '#vault';
import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import { Payment } from '../entities/payment.entity.js';
import { cancelableStatuses } from '../entities/payment-status.js';
import { PaymentActionRequired, PaymentAuthorised } from '../payments.events.js';

/**
 * Gives up what a person who is being erased has reserved or left unfinished. The unit only begins the cancellations;
 * the resolver takes them to the gateway. Finished payments stay, for the tax law asks for them: their sealed values
 * lie under the accounting key. What was still `processing` may be authorised, or come to wait for the person, after
 * the erasure, by a request that ran meanwhile or by a gateway that answers late; it is given up then.
 */
@Injectable()
export class ReleaseOnErasure extends ErasureParticipant {
  readonly name = 'payments';

  constructor(
    @InjectRepository(Payment) private readonly payments: Repository<Payment>,
    private readonly units: UnitOfWork,
    private readonly vault: Vault,
    private readonly clock: Clock,
  ) {
    super();
  }

  async erase(subject: string): Promise<void> {
    const now = this.clock.now();
    const open = await this.payments.findBy({ customerId: subject, status: In([...cancelableStatuses]) });
    for (const payment of open) {
      const { id, status, version } = payment;
      payment.beginCancel(now, now);
      await this.payments.update({ id, status, version }, payment.progress());
    }
  }

  /** Comes when no request of the erased person can run any more. */
  @Handles(SubjectKeyDestroyed, { name: 'payments.release_after_erasure' })
  async releaseAgain({ payload }: DeliveredEvent<SubjectKeyDestroyed['payload']>): Promise<void> {
    if (payload.retention === 'account') await this.erase(payload.subject);
  }

  @Handles(PaymentActionRequired, { name: 'payments.release_waiting_of_erased', unit: false })
  @Handles(PaymentAuthorised, { name: 'payments.release_of_erased', unit: false })
  async releaseLate({ payload }: DeliveredEvent<PaymentAuthorised['payload']>): Promise<void> {
    const { paymentId: id, customerId: subject } = payload;
    await this.vault.prepare([subject]);
    if (!this.vault.isErased(subject)) return;
    const intent = { action: 'payment.release', resource: { type: 'payment', id }, subject };
    await this.units.run(intent, () => this.erase(subject));
  }
}
