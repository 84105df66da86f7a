import { expect, it } from 'vitest';
import { isId, newId } from './ids.js';

it('makes ids that sort in the order in which they were made', () => {
  const ids = Array.from({ length: 2000 }, () => newId('pay'));
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
});

it('tells an id from anything else', () => {
  expect(isId(newId('pay'), 'pay')).toBe(true);
  expect(isId(newId('pay'), 'usr')).toBe(false);
  expect(isId('pay_81h2xcejqtf2nbrexx3vqjhp41')).toBe(false);
  expect(isId('pay_')).toBe(false);
  expect(isId(undefined)).toBe(false);
});

it('writes the bits of a UUIDv7 as the TypeID specification says', () => {
  const alphabet = '0123456789abcdefghjkmnpqrstvwxyz';
  let value = 0n;
  const before = Date.now();
  for (const character of newId('pay').slice(4)) value = (value << 5n) | BigInt(alphabet.indexOf(character));
  const uuid = value.toString(16).padStart(32, '0');
  expect(Number(value >> 80n)).toBeGreaterThanOrEqual(before);
  expect(Number(value >> 80n)).toBeLessThanOrEqual(Date.now());
  expect(uuid[12]).toBe('7');
  expect('89ab').toContain(uuid[16]);
});
