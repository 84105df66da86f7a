import { expect, it } from 'vitest';
import { told } from './boot-failure.js';

it('keeps the stack of what nobody foresaw', () => {
  const bug = new TypeError('x is not a function');
  expect(told(bug)).toBe(bug.stack);
  expect(told('thrown text')).toBe('thrown text');
});

it('says whose port a low one is', () => {
  const error = Object.assign(new Error('listen EACCES'), { code: 'EACCES', syscall: 'listen', port: 80 });
  expect(told(error)).toMatch(/^Port 80 .*Choose one above 1023 with PORT/);
});

it('says what MySQL needs before triggers can be made', () => {
  const error = Object.assign(new Error('You do not have the SUPER privilege'), {
    code: 'ER_BINLOG_CREATE_ROUTINE_NEED_SUPER',
  });
  expect(told(error)).toMatch(/^The database server .*log_bin_trust_function_creators=1/);
});
