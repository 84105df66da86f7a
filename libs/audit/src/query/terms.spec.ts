import { expect, it } from 'vitest';
import { term, type TermFacts, termsOf } from './terms.js';

const bare: TermFacts = {
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
  requestId: null,
};

it('gives an entry a term for everything that it says, its subjects and its changed rows', () => {
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
    requestId: 'req_1',
  };
  const changes = [
    { tableName: 'thing', rowId: 'thg_1' },
    { tableName: 'pairing', rowId: '["a","ß"]' },
  ];
  expect(termsOf(entry, ['usr_c'], changes).sort()).toEqual(
    [
      'action:thing.create',
      'actor:usr_a',
      'address:anonymous_2026-01-01',
      'outcome:succeeded',
      'purpose:support',
      'request:req_1',
      'resource:thing:thg_1',
      'row:pairing:["a","ß"]',
      'row:thing:thg_1',
      'session:ses_1',
      'subject:usr_b',
      'subject:usr_c',
      'trace:4bf9',
    ].sort(),
  );
});

it('leaves out what an entry does not say', () => {
  expect(termsOf(bare, [], []).sort()).toEqual(['action:thing.create', 'outcome:succeeded']);
});

it('gives each term once, also when only trailing blanks tell two rows apart', () => {
  const changes = ['a', 'a', 'a ', ' a'].map((rowId) => ({ tableName: 'thing', rowId }));
  const rows = termsOf({ ...bare, subjectId: 'usr_b' }, ['usr_b'], changes).filter((text) =>
    /^(row|subject)/.test(text),
  );
  expect(rows.sort()).toEqual(['row:thing: a', 'row:thing:a', 'subject:usr_b']);
  expect(term.row('thing', 'a ')).toBe(term.row('thing', 'a'));
});
