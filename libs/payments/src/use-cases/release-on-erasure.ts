import { Clock, InjectRepository } from '#kernel';
import { ErasureParticipant } from '#privacy';
import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import { cancelableStatuses, Payment } from '../entities/payment.entity.js';

/**
 * Gives up what a person who is being erased has reserved or left unfinished. The unit only begins the cancellations;
 * the resolver takes them to the gateway. Finished payments stay, for the tax law asks for them: their sealed values
 * lie under the accounting key.
 */
@Injectable()
export class ReleaseOnErasure extends ErasureParticipant {
  readonly name = 'payments';

  constructor(
    @InjectRepository(Payment) private readonly payments: Repository<Payment>,
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
}
