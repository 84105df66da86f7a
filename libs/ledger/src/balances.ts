import type { Database } from '#kernel';

/** What one account holds, in minor units; `balanceMinor` is debits less credits. */
export interface Balance {
  readonly code: string;
  readonly currency: string;
  readonly debitsMinor: bigint;
  readonly creditsMinor: bigint;
  readonly balanceMinor: bigint;
}

interface Row {
  readonly account_id: string;
  readonly currency: string;
  readonly debits_high: string;
  readonly debits_low: string;
  readonly credits_high: string;
  readonly credits_low: string;
}

// Sums are taken of the upper and lower 32 bits apart, since SQLite's SUM fails beyond 2^63, and leave as text, since
// drivers hand out doubles.
const sums = ['debits', 'credits']
  .map(
    (side) =>
      `CAST(SUM(${side} >> 32) AS CHAR) AS ${side}_high, CAST(SUM(${side} & 4294967295) AS CHAR) AS ${side}_low`,
  )
  .join(', ');

/** Balances summed from the transfers, ordered by account; of one code and one currency where given. */
export async function postedBalances(
  database: Database,
  filter: { readonly code?: string; readonly currency?: string },
): Promise<Balance[]> {
  const account = accountFilter(filter);
  const side = (column: string, amounts: string) =>
    `SELECT ${column} AS account_id, currency, ${amounts} FROM transfer${account.condition(column)}`;
  const rows = await database.query<Row>(
    `SELECT account_id, currency, ${sums} FROM (
       ${side('debit_account_id', 'amount_minor AS debits, 0 AS credits')}
       UNION ALL
       ${side('credit_account_id', '0, amount_minor')}
     ) AS posting GROUP BY account_id, currency ORDER BY account_id`,
    [...account.parameters, ...account.parameters],
  );
  return rows.map((row) => {
    const debitsMinor = join(row.debits_high, row.debits_low);
    const creditsMinor = join(row.credits_high, row.credits_low);
    const code = row.account_id.slice(0, -(row.currency.length + 1));
    return {
      code,
      currency: row.currency,
      debitsMinor,
      creditsMinor,
      balanceMinor: debitsMinor - creditsMinor,
    };
  });
}

function accountFilter({ code, currency }: { readonly code?: string; readonly currency?: string }) {
  if (code === undefined) return { condition: () => '', parameters: [] };
  if (currency !== undefined) {
    return { condition: (column: string) => ` WHERE ${column} = ?`, parameters: [`${code}:${currency}`] };
  }
  // All currencies of a code lie between `code:AAA` and `code:ZZZ`; accounts of longer codes are lower-case.
  const condition = (column: string) => ` WHERE ${column} BETWEEN ? AND ?`;
  return { condition, parameters: [`${code}:AAA`, `${code}:ZZZ`] };
}

const join = (high: string, low: string) => (BigInt(high) << 32n) + BigInt(low);
