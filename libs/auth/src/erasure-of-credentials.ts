import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { InjectRepository } from '#kernel';
import { ErasureParticipant } from '#privacy';
import { PasswordCredential } from './entities/password-credential.entity.js';
import { PasswordReset } from './entities/password-reset.entity.js';
import { PendingRegistration } from './entities/pending-registration.entity.js';
import { RefreshToken } from './entities/refresh-token.entity.js';
import { Session } from './entities/session.entity.js';

/**
 * Auth's part in an erasure: nothing is left with which to log in as the person, and nothing of where they logged
 * in from.
 */
@Injectable()
export class ErasureOfCredentials extends ErasureParticipant {
  readonly name = 'auth';

  constructor(
    @InjectRepository(PasswordCredential) private readonly credentials: Repository<PasswordCredential>,
    @InjectRepository(PasswordReset) private readonly resets: Repository<PasswordReset>,
    @InjectRepository(PendingRegistration) private readonly pending: Repository<PendingRegistration>,
    @InjectRepository(RefreshToken) private readonly refreshTokens: Repository<RefreshToken>,
    @InjectRepository(Session) private readonly sessions: Repository<Session>,
  ) {
    super();
  }

  async erase(subject: string): Promise<void> {
    const where = { userId: subject };
    for (const table of [this.refreshTokens, this.sessions, this.resets, this.credentials, this.pending]) {
      await table.delete(where);
    }
  }
}
