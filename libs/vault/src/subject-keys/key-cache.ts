import type { KeyObject } from 'node:crypto';
import { LRUCache } from 'lru-cache';

/** A person's key of one retention class. */
export interface KeyRef {
  readonly subject: string;
  readonly retention: string;
}

/** An unwrapped key, or the knowledge that there is none any more. */
export type KeyState = { readonly key: KeyObject } | { readonly destroyed: true };

export interface KeyCacheOptions {
  readonly size: number;
  /** A key this old is read anew before it is handed out again. */
  readonly lifeMs: number;
  /** A key handed out in time stays usable this much longer, so that it cannot expire within the unit it was read for. */
  readonly graceMs: number;
}

/** Keeps unwrapped keys in memory, few and not for long. */
export class KeyCache {
  private readonly cache: LRUCache<string, KeyState>;

  constructor(private readonly options: KeyCacheOptions) {
    this.cache = new LRUCache({
      max: options.size,
      ttl: options.lifeMs + options.graceMs,
      ttlResolution: 0,
      perf: this,
    });
  }

  /** The key while it may still start new work. */
  fresh(ref: KeyRef): KeyState | undefined {
    const name = nameOf(ref);
    return this.cache.getRemainingTTL(name) > this.options.graceMs ? this.cache.get(name) : undefined;
  }

  /** The key while work that began in time may still use it. */
  usable(ref: KeyRef): KeyState | undefined {
    return this.cache.get(nameOf(ref));
  }

  /** The present instant on the clock that bounds the life of keys. */
  now(): number {
    return performance.now();
  }

  /** Keeps a key whose reading began at `readAt`. An answer that was under way never undoes a destruction. */
  set(ref: KeyRef, state: KeyState, readAt: number): void {
    const known = this.cache.get(nameOf(ref));
    if (known && 'destroyed' in known) return;
    this.cache.set(nameOf(ref), state, { start: readAt });
  }

  /** Forgets a key for good. */
  destroy(ref: KeyRef): void {
    this.cache.set(nameOf(ref), { destroyed: true });
  }
}

/** One text for a key reference; retention classes hold no slash. */
export function nameOf({ subject, retention }: KeyRef): string {
  return `${retention}/${subject}`;
}
