import { expect, it } from 'vitest';
import { authConfig } from '../auth.config.js';
import { PasswordHasher } from './password-hasher.js';

function hasherWith(environment: Record<string, string>): PasswordHasher {
  const parsed = authConfig.parse({ ARGON2_MEMORY_KIB: '8', ARGON2_PASSES: '1', ...environment });
  if (!('value' in parsed)) throw new Error(parsed.mistakes.join());
  return new PasswordHasher(parsed.value);
}

it('hashes with argon2id, with a salt of its own each time', async () => {
  const hasher = hasherWith({});
  const [one, two] = await Promise.all([hasher.hash('a good password'), hasher.hash('a good password')]);
  expect(one).toMatch(/^\$argon2id\$v=19\$m=8,t=1,p=1\$/);
  expect(one).not.toBe(two);
  expect(await hasher.verify(one, 'a good password')).toBe(true);
  expect(await hasher.verify(one, 'a bad password')).toBe(false);
});

it('takes the same password typed in another Unicode form', async () => {
  const hasher = hasherWith({});
  const composed = await hasher.hash('pässwörter für alle');
  expect(await hasher.verify(composed, 'pässwörter für alle'.normalize('NFD'))).toBe(true);
});

it('answers no without a hash, even to the password of the decoy', async () => {
  const hasher = hasherWith({});
  expect(await hasher.verify(undefined, 'a password that nobody has')).toBe(false);
});

it('works as hard without a hash as with one', async () => {
  const hasher = hasherWith({ ARGON2_MEMORY_KIB: '32768', ARGON2_PASSES: '3' });
  const hash = await hasher.hash('a good password');
  await hasher.verify(undefined, 'warm up');
  const time = async (given: string | undefined) => {
    const start = performance.now();
    await hasher.verify(given, 'a bad password');
    return performance.now() - start;
  };
  // The fastest of several: whatever else the machine does can only make one slower.
  const fastest = { known: Infinity, unknown: Infinity };
  for (let round = 0; round < 5; round += 1) {
    fastest.known = Math.min(fastest.known, await time(hash));
    fastest.unknown = Math.min(fastest.unknown, await time(undefined));
  }
  expect(fastest.unknown).toBeGreaterThan(fastest.known / 4);
});

it('finds a hash outdated when the parameters have changed', async () => {
  const before = hasherWith({});
  const after = hasherWith({ ARGON2_PASSES: '2' });
  const hash = await before.hash('a good password');
  expect(before.isOutdated(hash)).toBe(false);
  expect(after.isOutdated(hash)).toBe(true);
  expect(await after.verify(hash, 'a good password')).toBe(true);
});

it('sends a burst away at once that would keep the threads busy for long, and serves again afterwards', async () => {
  const hasher = hasherWith({});
  const burst = await Promise.allSettled(Array.from({ length: 100 }, () => hasher.hash('a good password')));
  const refused = burst.filter((each) => each.status === 'rejected');
  expect(refused).toHaveLength(36);
  expect(refused[0]?.reason).toMatchObject({ code: 'kernel.unavailable' });
  expect(await hasher.hash('a good password')).toMatch(/^\$argon2id/);
});
