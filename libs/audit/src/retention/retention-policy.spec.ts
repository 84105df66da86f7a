import { describe, expect, it } from 'vitest';
import { parseRules, RetentionPolicy } from './retention-policy.js';

const policy = (rules: string, law = '') => new RetentionPolicy(parseRules(rules), parseRules(law));

describe('the retention policy', () => {
  it('takes the narrowest rule, and keeps what has none for ever', () => {
    const terms = policy('session.*=400, session.log_in=30,request.refuse=90');
    expect(
      ['session.log_in', 'session.refresh', 'session', 'request.refuse', 'payment.create'].map((action) =>
        terms.daysOf(action),
      ),
    ).toEqual([30, 400, undefined, 90, undefined]);
    expect(policy('*=10,payment.*=20').daysOf('payment.create')).toBe(20);
    expect(policy('*=10,payment.*=20').daysOf('refund.create')).toBe(10);
    expect([policy('').isEmpty, policy('*=1').isEmpty]).toEqual([true, false]);
  });

  it('never goes below the term of the law for the action', () => {
    const terms = policy('*=365,payment.check=4000', 'payment.*=3650,session.log_in=180');
    expect(
      ['payment.capture', 'payment.check', 'session.log_in', 'session.refresh'].map((action) =>
        terms.daysOf(action),
      ),
    ).toEqual([3650, 4000, 365, 365]);
    expect(policy('', 'payment.*=3650').daysOf('payment.capture')).toBeUndefined();
  });

  it('is refused when a rule says less than the law for all that it covers', () => {
    expect(() => policy('payment.*=30', 'payment.*=3650')).toThrow(
      'payment.*=30 is shorter than payment.*=3650',
    );
    expect(() => policy('payment.capture=30', '*=100')).toThrow('payment.capture=30');
    expect(() => policy('payment.*=30', 'payment.capture=3650')).not.toThrow();
  });

  it('is refused when a rule cannot be read', () => {
    for (const text of [
      'payment',
      'payment.*',
      'payment.*=0',
      '*=36501',
      'pay*=5',
      '=5',
      'Payment=5',
      '*=5,*=6',
      'a=1.5',
    ]) {
      expect(() => parseRules(text), text).toThrow();
    }
  });
});
