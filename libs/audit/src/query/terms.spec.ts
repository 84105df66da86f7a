import { expect, it } from 'vitest';
import { newId } from '#kernel';
import { lowestId, msOfId } from './id-time.js';
import { term, type TermFacts, termsOf } from './terms.js';

const AT = '2026-01-02 03:04:05.678000';
const bare: TermFacts = {
  id: lowestId('aud', Date.parse('2026-01-02T03:04:05.678Z')),
  occurredAt: AT,
  actorId: null,
  action: 'thing.create',
  resourceType: null,
  resourceId: null,
  subjectId: null,
  addressSubjectId: null,
  sessionId: null,
  outcome: 'succeeded',
  purpose: null,
  traceId: null,
};

it('gives an entry a term for everything that it says, and each of its subjects', () => {
  const entry = {
    ...bare,
    actorId: 'usr_a',
    resourceType: 'thing',
    resourceId: 'thg_1',
    subjectId: 'usr_b',
    addressSubjectId: 'anonymous_2026-01-01',
    sessionId: 'ses_1',
    purpose: 'support',
    traceId: '4bf9',
  };
  expect(termsOf(entry, ['usr_c']).sort()).toEqual(
    [
      'action:thing.create',
      'actor:usr_a',
      'address:anonymous_2026-01-01',
      'outcome:succeeded',
      'purpose:support',
      'resource:thing:thg_1',
      'session:ses_1',
      'subject:usr_b',
      'subject:usr_c',
      'trace:4bf9',
    ].sort(),
  );
});

it('leaves out what an entry does not say', () => {
  expect(termsOf(bare, []).sort()).toEqual(['action:thing.create', 'outcome:succeeded']);
});

it('gives each term once, also when only trailing blanks tell two values apart', () => {
  const subjects = ['usr_a', 'usr_a', 'usr_a ', ' usr_a'];
  const terms = termsOf({ ...bare, subjectId: 'usr_b' }, ['usr_b', ...subjects]);
  expect(terms.filter((text) => text.startsWith('subject')).sort()).toEqual([
    'subject: usr_a',
    'subject:usr_a',
    'subject:usr_b',
  ]);
  expect(term.subject('a ')).toBe(term.subject('a'));
});

it('marks an entry whose id was made at another time than it tells of', () => {
  const at = (occurredAt: string) => termsOf({ ...bare, occurredAt }, []).includes(term.untimely());
  expect(at('2026-01-02 03:04:06.678000')).toBe(false);
  expect(at('2026-01-02 03:04:06.679')).toBe(true);
  expect(at('2026-01-02T03:04:04.678999Z')).toBe(false);
  expect(at('2026-01-02T03:04:04.677Z')).toBe(true);
});

it('reads the time out of an id', () => {
  const before = Date.now();
  const ms = msOfId(newId('aud'));
  expect(ms).toBeGreaterThanOrEqual(before);
  expect(ms).toBeLessThanOrEqual(Date.now());
  expect(msOfId(lowestId('aud', 1_767_323_045_678))).toBe(1_767_323_045_678);
  expect(lowestId('aud', ms) <= newId('aud')).toBe(true);
});
