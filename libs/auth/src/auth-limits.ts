import { Injectable } from '@nestjs/common';
import {
  InjectConfig,
  networkOf,
  RateLimiter,
  RequestContext,
  type ConfigOf,
  type RateLimitPolicy,
} from '#kernel';
import { authConfig } from './auth.config.js';

export type LimitedAction = keyof ConfigOf<typeof authConfig>['limits'];

/**
 * Slows down guessing: by the client's address, which one machine cannot change at will, and by the account
 * or mail address aimed at, which many machines cannot change either. Tries count whether or not the address
 * has an account, so a 429 tells nothing.
 */
@Injectable()
export class AuthLimits {
  constructor(
    private readonly limiter: RateLimiter,
    private readonly context: RequestContext,
    @InjectConfig(authConfig) private readonly config: ConfigOf<typeof authConfig>,
  ) {}

  /**
   * Counts one try. `target` is the account's id or the mail address aimed at. Throws `kernel.rate_limited`.
   */
  async take(action: LimitedAction, target?: string): Promise<void> {
    const limits: { client?: RateLimitPolicy; subject?: RateLimitPolicy } = this.config.limits[action];
    const client = this.context.get()?.clientAddress;
    if (limits.client && client !== undefined) {
      await this.limiter.take(`auth.${action}.client`, [networkOf(client)], limits.client);
    }
    if (limits.subject && target !== undefined) {
      await this.limiter.take(`auth.${action}.target`, [normalise(target)], limits.subject);
    }
  }
}

const normalise = (target: string) => target.normalize('NFKC').trim().toLowerCase();
