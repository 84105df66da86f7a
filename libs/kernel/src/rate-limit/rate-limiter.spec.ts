import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { type BootedModule, bootTestModule, describeOnEveryDialect } from '#kernel/testing';
import { Database } from '../database/database.js';
import { Problem } from '../errors/problem.js';
import { Clock } from '../time/clock.js';
import { RateLimiter } from './rate-limiter.js';

describeOnEveryDialect('the rate limiter', (dialect) => {
  let booted: BootedModule;
  let limiter: RateLimiter;
  let now = Date.parse('2026-01-01T00:00:10Z');
  beforeAll(async () => {
    booted = await bootTestModule({ dialect, nullPorts: true });
    limiter = booted.get(RateLimiter);
    vi.spyOn(booted.get(Clock), 'now').mockImplementation(() => new Date(now));
  });
  afterAll(() => booted.close());

  const policy = { limit: 3, windowS: 60 };
  const outcome = (parts: string[], name = 'login') =>
    limiter.take(name, parts, policy).then(
      () => 'taken',
      (error: Problem) => error.headers,
    );

  it('refuses what is too much in one window, says when to come back, and counts anew in the next', async () => {
    const results = [];
    for (let i = 0; i < 5; i += 1) results.push(await outcome(['ann@example.com']));
    const refused = {
      'retry-after': '50',
      'ratelimit-policy': '"login";q=3;w=60',
      ratelimit: '"login";r=0;t=50',
    };
    expect(results).toEqual(['taken', 'taken', 'taken', refused, refused]);
    expect(await outcome(['bob@example.com'])).toBe('taken');
    expect(await outcome(['ann@example.com'], 'reset')).toBe('taken');
    now += 50_000;
    expect(await outcome(['ann@example.com'])).toBe('taken');
  });

  it('counts parallel uses exactly', async () => {
    const results = await Promise.all(Array.from({ length: 10 }, () => outcome(['parallel'])));
    expect(results.filter((result) => result === 'taken')).toHaveLength(3);
  });

  it('does not confuse parts with one another', async () => {
    for (let i = 0; i < 3; i += 1) await outcome(['a', 'bc']);
    expect(await outcome(['ab', 'c'])).toBe('taken');
  });

  it('stores no part in clear, and removes what has expired', async () => {
    const count = () => booted.get(Database).query<{ bucket: string }>('SELECT * FROM rate_limit');
    await outcome(['carol@example.com']);
    expect(JSON.stringify(await count())).not.toContain('carol');
    now += 120_000;
    await limiter.removeExpired();
    expect(await count()).toEqual([]);
  });
});
