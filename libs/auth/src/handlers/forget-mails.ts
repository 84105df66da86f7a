import { Injectable } from '@nestjs/common';
import { Handles, Mailer, type DeliveredEvent } from '#kernel';
import { SubjectKeyDestroyed } from '#vault';

/** Mails that lie as files go with the person to whom they were written, one who never verified an address included. */
@Injectable()
export class ForgetMails {
  constructor(private readonly mailer: Mailer) {}

  @Handles(SubjectKeyDestroyed, { name: 'auth.forget_mails', unit: false })
  async handle({ payload }: DeliveredEvent<SubjectKeyDestroyed['payload']>): Promise<void> {
    if (payload.retention === 'account') await this.mailer.forget(payload.subject);
  }
}
