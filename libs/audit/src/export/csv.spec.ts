import { expect, it } from 'vitest';
import { csvRecord } from './csv.js';

it('writes a record as RFC 4180 says, with every field in quotes', () => {
  expect(csvRecord(['a', 'b,c', 'say "hi"', 'two\nlines', null, 5, -1, true, ''])).toBe(
    '"a","b,c","say ""hi""","two\nlines","","5","-1","true",""\r\n',
  );
});

it('keeps a spreadsheet from running what somebody wrote', () => {
  for (const text of ['=1+1', '+1', '-1', '@SUM(A1)', '\tx', '\r=1', '\n=1', '＝1', '－1']) {
    expect(csvRecord([text])).toBe(`"'${text}"\r\n`);
  }
  expect(csvRecord(['a=1', "'=1"])).toBe(`"a=1","'=1"\r\n`);
});
