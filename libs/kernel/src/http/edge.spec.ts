import { describe, expect, it } from 'vitest';
import { faultOf } from './body-parser.js';
import { traceIdOf } from './edge.js';
import { decodeCursor, encodeCursor, PageOf } from './pagination.js';
import { newId } from '../ids/ids.js';

describe('a trace id', () => {
  it.each([
    ['nothing', undefined],
    ['two headers', ['a', 'b']],
    ['zeros only', `00-${'0'.repeat(32)}-00f067aa0ba902b7-01`],
    ['capitals', '00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01'],
    ['the forbidden version', 'ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01'],
    ['words', 'x'],
  ])('is made anew for %s', (_name, header) => {
    expect(traceIdOf(header)).toMatch(/^(?!4bf92f)[0-9a-f]{32}$/);
  });

  it('is taken from later versions of the header too', () => {
    const header = '01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more';
    expect(traceIdOf(header)).toBe('4bf92f3577b34da6a3ce929d0e0e4736');
  });
});

describe('the depth of a body', () => {
  it('counts objects and arrays', () => {
    expect(faultOf(1, 0)).toBeUndefined();
    expect(faultOf({ a: [1, { b: 2 }] }, 3)).toBeUndefined();
    expect(faultOf({ a: [1, { b: 2 }] }, 2)).toMatch(/nested/);
  });
});

describe('a cursor', () => {
  it('leads back to its id', () => {
    const id = newId('pay');
    expect(decodeCursor(encodeCursor(id))).toBe(id);
  });

  it.each(['', 'abc', encodeCursor('no id'), `${encodeCursor(newId('pay'))}=`, 'x'.repeat(5000)])(
    'that we did not make is refused (%#)',
    (cursor) => {
      expect(() => decodeCursor(cursor)).toThrow(
        expect.objectContaining({ code: 'kernel.validation_failed' }),
      );
    },
  );
});

describe('PageOf', () => {
  it('names the page after its items', () => {
    class PaymentResponse {}
    expect(PageOf(PaymentResponse).name).toBe('PaymentPage');
  });
});
