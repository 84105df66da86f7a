/** What a spreadsheet takes for the beginning of a formula, also in the wide forms of East Asian scripts. */
const FORMULA = /^[=+\-@\t\r\n＝＋－＠]/;

/**
 * One record of a CSV file (RFC 4180), every field in quotes. What a spreadsheet would run as a formula gets an
 * apostrophe in front, so that it is shown instead.
 */
export function csvRecord(fields: readonly (string | number | boolean | null)[]): string {
  return `${fields.map(quoted).join(',')}\r\n`;
}

function quoted(field: string | number | boolean | null): string {
  if (typeof field !== 'string') return `"${field ?? ''}"`;
  const text = FORMULA.test(field) ? `'${field}` : field;
  return `"${text.replaceAll('"', '""')}"`;
}
