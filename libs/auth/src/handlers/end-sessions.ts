import { Injectable } from '@nestjs/common';
import { Handles, type DeliveredEvent } from '#kernel';
import { UserDeactivated } from '#users';
import { SessionsService } from '../sessions/sessions.service.js';

/**
 * A deactivated account is refused from its next request; this also ends its sessions, so that reactivation
 * does not bring them back.
 */
@Injectable()
export class EndSessionsOfDeactivated {
  constructor(private readonly sessions: SessionsService) {}

  @Handles(UserDeactivated, { name: 'auth.end_sessions' })
  async handle({ payload }: DeliveredEvent<UserDeactivated['payload']>): Promise<void> {
    await this.sessions.revokeAll(payload.userId, 'account_deactivated');
  }
}
