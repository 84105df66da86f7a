/**
 * Currencies of ISO 4217 (list one, as amended up to January 2026) with their number of decimals: the "minor unit".
 * Left out: metals and test codes, which have no minor unit, and fund codes, in which nobody pays.
 * Gateways deviate from it in places (CLP, CVE); a gateway's adapter converts, nothing else does.
 */
const codesByDecimals: ReadonlyMap<number, string> = new Map([
  [0, 'BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX VND VUV XAF XOF XPF'],
  [
    2,
    `AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BMD BND BOB BRL BSD BTN BWP BYN BZD CAD CDF CHF CNY COP CRC CUP
     CVE CZK DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GTQ GYD HKD HNL HTG HUF IDR ILS INR IRR JMD KES
     KGS KHR KPW KYD KZT LAK LBP LKR LRD LSL MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK
     NPR NZD PAB PEN PGK PHP PKR PLN QAR RON RSD RUB SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN SVC SYP SZL THB
     TJS TMT TOP TRY TTD TWD TZS UAH USD UYU UZS VED VES WST XCD XCG YER ZAR ZMW ZWG`,
  ],
  [3, 'BHD IQD JOD KWD LYD OMR TND'],
]);

const decimalsByCode: ReadonlyMap<string, number> = new Map(
  [...codesByDecimals].flatMap(([decimals, codes]) =>
    codes.split(/\s+/).map((code) => [code, decimals] as const),
  ),
);

/** All accepted currency codes, in alphabetical order. */
export const currencyCodes: readonly string[] = [...decimalsByCode.keys()].sort();

/** Whether `code` is a currency in which amounts can be booked. */
export function isCurrency(code: string): boolean {
  return decimalsByCode.has(code);
}

/** Number of decimals of a currency: 2 for EUR, 0 for JPY, 3 for BHD. Throws a RangeError for an unknown code. */
export function currencyDecimals(code: string): number {
  const decimals = decimalsByCode.get(code);
  if (decimals === undefined) throw new RangeError(`unknown currency ${code}`);
  return decimals;
}
