import { Injectable } from '@nestjs/common';
import { LRUCache } from 'lru-cache';
import { Recurring } from '../background/recurring.js';
import { Database } from '../database/database.js';
import { kernelErrors } from '../errors/kernel.errors.js';
import { KeyedHash, Ports } from '../ports/ports.js';
import { Clock } from '../time/clock.js';
import { UnitOfWork } from '../unit-of-work/unit-of-work.js';

export interface RateLimitPolicy {
  /** How often per window. */
  readonly limit: number;
  readonly windowS: number;
}

const BATCH = 1000;
const BOOKKEEPING = { action: 'rate_limit.count', recorded: false } as const;

/**
 * Counts in fixed windows, for all processes together. What is counted (an address, an account) is stored only as a
 * keyed hash that also holds the window, so nobody can be followed from one window to the next.
 */
@Injectable()
export class RateLimiter {
  /** Buckets known to be full, until their window ends: a flood costs no further writes. */
  private readonly full = new LRUCache<string, true>({ max: 10_000, ttl: 1 });

  constructor(
    private readonly units: UnitOfWork,
    private readonly database: Database,
    private readonly ports: Ports,
    private readonly clock: Clock,
  ) {}

  /**
   * Counts one use of `name` by what `parts` identify. Throws `kernel.rate_limited` (429, with `Retry-After` and the
   * `RateLimit` headers of draft-ietf-httpapi-ratelimit-headers) when it is one too many in this window.
   */
  async take(name: string, parts: readonly string[], policy: RateLimitPolicy): Promise<void> {
    const now = this.clock.now().getTime();
    const windowMs = policy.windowS * 1000;
    const window = Math.floor(now / windowMs);
    const expiresAt = (window + 1) * windowMs;
    const data = JSON.stringify([name, policy.limit, policy.windowS, window, ...parts]);
    const bucket = this.ports.get(KeyedHash).hmac('rate-limit', data).toString('base64url');
    if (!this.full.has(bucket)) {
      const hits = await this.count(bucket, new Date(expiresAt));
      if (hits <= policy.limit) return;
      this.full.set(bucket, true, { ttl: expiresAt - now });
    }
    throw refusal(name, policy, Math.max(1, Math.ceil((expiresAt - now) / 1000)));
  }

  @Recurring({ name: 'kernel.rate_limit_cleanup', everyMs: 300_000 })
  async removeExpired(): Promise<boolean> {
    const expired = await this.database.query<{ bucket: string }>(
      `SELECT bucket FROM rate_limit WHERE expires_at <= ? LIMIT ${BATCH}`,
      [this.clock.now()],
    );
    if (expired.length === 0) return false;
    const buckets = expired.map(({ bucket }) => bucket);
    await this.units.run(BOOKKEEPING, () =>
      this.database.query(
        `DELETE FROM rate_limit WHERE bucket IN (${buckets.map(() => '?').join(', ')})`,
        buckets,
      ),
    );
    return expired.length === BATCH;
  }

  private count(bucket: string, expiresAt: Date): Promise<number> {
    return this.units.run(BOOKKEEPING, async () => {
      await this.database.query(
        `INSERT INTO rate_limit (bucket, hits, expires_at) VALUES (?, 1, ?)
         ${this.database.dialect.onConflict(['bucket'])} hits = hits + 1`,
        [bucket, expiresAt],
      );
      const [row] = await this.database.query<{ hits: number | string }>(
        'SELECT hits FROM rate_limit WHERE bucket = ?',
        [bucket],
      );
      return Number(row?.hits ?? 1);
    });
  }
}

function refusal(name: string, { limit, windowS }: RateLimitPolicy, retryAfterS: number): Error {
  return kernelErrors.problem('kernel.rate_limited', {
    headers: {
      'retry-after': String(retryAfterS),
      'ratelimit-policy': `"${name}";q=${limit};w=${windowS}`,
      ratelimit: `"${name}";r=0;t=${retryAfterS}`,
    },
  });
}
