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

interface Limits {
  /** What one client may do. */
  readonly client?: RateLimitPolicy;
  /** What one client may do to one account or mail address. */
  readonly clientAndSubject?: RateLimitPolicy;
  /** What all clients together may do to one account or mail address. */
  readonly subject?: RateLimitPolicy;
}

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
   * Counts one try. `target` is the account's id or the mail address aimed at. Throws `kernel.rate_limited`. What one
   * client does too often is refused before it counts for all clients together.
   */
  async take(action: LimitedAction, target?: string): Promise<void> {
    const limits: Limits = this.config.limits[action];
    const client = this.context.get()?.clientAddress;
    const network = client === undefined ? [] : [networkOf(client)];
    const subject = target === undefined ? [] : [normalise(target)];
    if (limits.client && client !== undefined) {
      await this.limiter.take(`auth.${action}.client`, network, limits.client);
    }
    if (limits.clientAndSubject && target !== undefined) {
      const pair = [...network, ...subject];
      await this.limiter.take(`auth.${action}.client_and_target`, pair, limits.clientAndSubject);
    }
    if (limits.subject && target !== undefined) {
      await this.limiter.take(`auth.${action}.target`, subject, limits.subject);
    }
  }
}

const normalise = (target: string) => target.normalize('NFKC').trim().toLowerCase();
