import { Injectable } from '@nestjs/common';
import { Algorithm, hash, parseOptions, verify } from '@node-rs/argon2';
import { InjectConfig, kernelErrors, type ConfigOf } from '#kernel';
import { authConfig } from '../auth.config.js';

const MAX_WAITING = 64;

/**
 * Hashes passwords with argon2id (RFC 9106; NIST SP 800-63B-4 section 3.1.1.2). It takes tens of milliseconds
 * on a thread of its own, so it is never called inside a unit of work, which would hold locks meanwhile.
 */
@Injectable()
export class PasswordHasher {
  private decoy: Promise<string> | undefined;
  private waiting = 0;

  constructor(@InjectConfig(authConfig) private readonly config: ConfigOf<typeof authConfig>) {}

  /** Throws `kernel.unavailable` when too many wait for their turn already; so does {@link verify}. */
  hash(password: string): Promise<string> {
    return this.inTurn(() => this.compute(password));
  }

  /** Whether `password` belongs to `passwordHash`. Without a hash it works just as hard and answers no. */
  async verify(passwordHash: string | undefined, password: string): Promise<boolean> {
    this.decoy ??= this.compute('a password that nobody has');
    const compared = passwordHash ?? (await this.decoy);
    const matches = await this.inTurn(() => verify(compared, normalise(password)));
    return matches && passwordHash !== undefined;
  }

  private compute(password: string): Promise<string> {
    return hash(normalise(password), { ...this.config.argon2, algorithm: ARGON2ID });
  }

  /** Hashing fills its threads for long: a burst that cannot be served within seconds is sent away at once. */
  private async inTurn<T>(work: () => Promise<T>): Promise<T> {
    if (this.waiting >= MAX_WAITING) throw kernelErrors.problem('kernel.unavailable');
    this.waiting += 1;
    try {
      return await work();
    } finally {
      this.waiting -= 1;
    }
  }

  /** Whether the hash was made with parameters other than today's; then a login replaces it. */
  isOutdated(passwordHash: string): boolean {
    const { algorithm, memoryCost, timeCost, parallelism } = parseOptions(passwordHash);
    const today = this.config.argon2;
    return (
      algorithm !== ARGON2ID ||
      memoryCost !== today.memoryCost ||
      timeCost !== today.timeCost ||
      parallelism !== today.parallelism
    );
  }
}

/** A `const enum` of the library, which single-file compilers cannot read. */
const ARGON2ID = 2 as Algorithm.Argon2id;

/**
 * The same password typed on another keyboard must give the same bytes (NIST SP 800-63B-4 section 3.1.1.2: NFKC
 * or NFKD).
 */
const normalise = (password: string) => password.normalize('NFKC');
