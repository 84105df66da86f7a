import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { generateKeyring } from './keyring/keyring-material.js';
import { Keyring } from './keyring/keyring.js';
import { TokenMinter } from './token-minter.js';

describe('a link token', () => {
  const material = generateKeyring();
  const minter = new TokenMinter(new Keyring(material));

  it('gives back its id for the purpose it was minted for, and for no other', () => {
    const token = minter.mint('verify-email', 'reg_01');
    expect(minter.verify('verify-email', token)).toBe('reg_01');
    expect(minter.verify('reset-password', token)).toBeUndefined();
  });

  it('is refused when any character of it changes', () => {
    const token = minter.mint('verify-email', 'reg_01');
    for (let index = 0; index < token.length; index += 1) {
      const changed = token.slice(0, index) + (token[index] === 'A' ? 'B' : 'A') + token.slice(index + 1);
      expect(minter.verify('verify-email', changed)).toBeUndefined();
    }
  });

  it('is refused when made up', () => {
    const isRefused = (text: string): void => {
      expect(minter.verify('verify-email', text)).toBeUndefined();
    };
    fc.assert(fc.property(fc.string(), isRefused), { examples: [[''], ['.'], ['reg_01'], ['reg_01.']] });
    isRefused(`reg_02.${minter.mint('verify-email', 'reg_01').split('.')[1]}`);
  });

  it('stays good while the MAC key turns, until the old key leaves the ring', () => {
    const token = minter.mint('verify-email', 'reg_01');
    const fresh = generateKeyring();
    const turning = new Keyring({ ...fresh, macKeys: [...fresh.macKeys, ...material.macKeys] });
    expect(new TokenMinter(turning).verify('verify-email', token)).toBe('reg_01');
    expect(new TokenMinter(new Keyring(fresh)).verify('verify-email', token)).toBeUndefined();
  });
});
