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
