import { createSecretKey, randomBytes } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { KeyCache } from './key-cache.js';

describe('the key cache', () => {
  const ref = { subject: 'usr_1', retention: 'account' };
  const live = { key: createSecretKey(randomBytes(32)) };
  let cache: KeyCache;
  beforeEach(() => {
    vi.useFakeTimers();
    // The clock of a process never stands at zero, which the cache takes for "no time".
    vi.advanceTimersByTime(1);
    cache = new KeyCache({ size: 2, lifeMs: 1000, graceMs: 500 });
  });
  afterEach(() => vi.useRealTimers());

  it('hands a key out for its life, and lets begun work finish in the grace after it', () => {
    cache.set(ref, live, cache.now());
    vi.advanceTimersByTime(900);
    expect(cache.fresh(ref)).toBe(live);
    vi.advanceTimersByTime(200);
    expect(cache.fresh(ref)).toBeUndefined();
    expect(cache.usable(ref)).toBe(live);
    vi.advanceTimersByTime(500);
    expect(cache.usable(ref)).toBeUndefined();
  });

  it('counts the life from when the reading began', () => {
    const readAt = cache.now();
    vi.advanceTimersByTime(600);
    cache.set(ref, live, readAt);
    vi.advanceTimersByTime(600);
    expect(cache.fresh(ref)).toBeUndefined();
  });

  it('is not talked out of a destruction by an answer that was under way', () => {
    cache.set(ref, live, cache.now());
    cache.destroy(ref);
    cache.set(ref, live, cache.now());
    expect(cache.usable(ref)).toEqual({ destroyed: true });
  });

  it('keeps no more keys than it may', () => {
    for (const subject of ['usr_1', 'usr_2', 'usr_3']) cache.set({ ...ref, subject }, live, cache.now());
    expect(cache.usable({ ...ref, subject: 'usr_1' })).toBeUndefined();
    expect(cache.usable({ ...ref, subject: 'usr_3' })).toBe(live);
  });
});
