import { Injectable } from '@nestjs/common';
import type { Repository } from 'typeorm';
import { InjectRepository } from '#kernel';
import { TokenMinter } from '#vault';
import { PasswordReset } from '../entities/password-reset.entity.js';
import { RESET_PASSWORD } from '../passwords/passwords.service.js';
import { RefreshTokens } from '../tokens/refresh-tokens.js';

/** Tells the person who has been here before from the many who merely try the same address. */
@Injectable()
export class KnownDevices {
  constructor(
    @InjectRepository(PasswordReset) private readonly resets: Repository<PasswordReset>,
    private readonly refreshTokens: RefreshTokens,
    private readonly tokens: TokenMinter,
  ) {}

  /**
   * What `token` shows to be this user's: the session that a refresh token belonged to, spent and ended ones included, or
   * the reset that a token from a mail has completed. Undefined when it shows nothing. Neither lets anybody in.
   */
  async find(userId: string, token: string): Promise<string | undefined> {
    const refreshToken = await this.refreshTokens.find(token);
    if (refreshToken) return refreshToken.userId === userId ? refreshToken.sessionId : undefined;
    const id = this.tokens.verify(RESET_PASSWORD, token);
    const reset = id === undefined ? null : await this.resets.findOneBy({ id, userId });
    return reset?.usedAt ? reset.id : undefined;
  }
}
