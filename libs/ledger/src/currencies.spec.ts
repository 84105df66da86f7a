import { describe, expect, it } from 'vitest';
import { currencyCodes, currencyDecimals, isCurrency } from './currencies.js';

describe('currencies', () => {
  it('knows the minor units of ISO 4217', () => {
    expect(['EUR', 'JPY', 'BHD', 'CLP', 'CVE', 'XCG'].map(currencyDecimals)).toEqual([2, 0, 3, 0, 2, 2]);
  });

  it('knows codes in capitals only, and none that has no minor unit', () => {
    expect(['eur', 'XAU', 'XXX', 'HRK', '', 'EURO'].filter(isCurrency)).toEqual([]);
  });

  it('lists each code once, three capitals each', () => {
    expect(new Set(currencyCodes).size).toBe(currencyCodes.length);
    expect(currencyCodes.filter((code) => !/^[A-Z]{3}$/.test(code))).toEqual([]);
    expect(currencyCodes.length).toBeGreaterThan(150);
  });
});
