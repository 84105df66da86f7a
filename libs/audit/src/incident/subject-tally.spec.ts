import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type ExposureKind, SubjectTally } from './subject-tally.js';

const fact = fc.record({
  subject: fc.integer({ min: 0, max: 40 }).map((number) => `usr_${String(number).padStart(2, '0')}`),
  kind: fc.constantFrom<ExposureKind>('seen', 'changed', 'named'),
  entry: fc.integer({ min: 0, max: 5 }),
});
const pages = fc.array(fc.array(fact, { maxLength: 30 }), { maxLength: 8 });

const entryOf = (page: number, entry: number) => {
  const number = page * 10 + entry;
  return { id: `aud_${number}`, occurredAt: new Date(number * 1000) };
};

it('counts what a list of everybody would, page by page, whatever it forgets', () => {
  fc.assert(
    fc.property(pages, fc.integer({ min: 1, max: 7 }), (given, atMost) => {
      const everybody = new Map<string, Map<string, ExposureKind>>();
      for (const [page, facts] of given.entries()) {
        for (const { subject, kind, entry } of facts) {
          const kinds = everybody.get(subject) ?? new Map<string, ExposureKind>();
          everybody.set(subject, kinds);
          const { id } = entryOf(page, entry);
          if (!kinds.has(id)) kinds.set(id, kind);
        }
      }
      const found = [];
      for (let after: string | undefined; ;) {
        const tally = new SubjectTally(after, atMost);
        for (const [page, facts] of given.entries()) {
          tally.nextPage();
          for (const { subject, kind, entry } of facts) tally.add(subject, kind, entryOf(page, entry));
        }
        const part = tally.exposures();
        expect(part.length).toBeLessThanOrEqual(atMost);
        found.push(...part);
        if (part.length < atMost) break;
        after = part.at(-1)?.subject;
      }
      const count = (kinds: Map<string, ExposureKind>, kind: ExposureKind) =>
        [...kinds.values()].filter((each) => each === kind).length;
      expect(found.map(({ subject, seen, changed, named }) => [subject, seen, changed, named])).toEqual(
        [...everybody]
          .sort()
          .map(([subject, kinds]) => [
            subject,
            count(kinds, 'seen'),
            count(kinds, 'changed'),
            count(kinds, 'named'),
          ]),
      );
    }),
  );
});

it('says from when to when, and who acted', () => {
  const tally = new SubjectTally(undefined, 5);
  for (const entry of [3, 1, 2]) tally.add('usr_a', 'seen', entryOf(0, entry));
  tally.addActor('usr_b', entryOf(0, 4));
  expect(tally.exposures()).toEqual([
    {
      ...{ subject: 'usr_a', seen: 3, changed: 0, named: 0, isActor: false },
      ...{ firstAt: new Date(1000), lastAt: new Date(3000) },
    },
    {
      ...{ subject: 'usr_b', seen: 0, changed: 0, named: 0, isActor: true },
      ...{ firstAt: new Date(4000), lastAt: new Date(4000) },
    },
  ]);
});
