import fc from 'fast-check';
import { expect, it } from 'vitest';
import { type PayloadChange, type PayloadEntry, payloadHash, payloadOf } from './payload.js';
import { PayloadHasher } from './payload-hasher.js';

const SALT = Buffer.alloc(32, 7);
const NOTHING: PayloadEntry = {
  errorCode: null,
  sessionId: null,
  requestId: null,
  traceId: null,
  purpose: null,
  details: null,
  subjectId: null,
  addressSubjectId: null,
  clientAddress: null,
};
const change = (id: number, image: string | null): PayloadChange => ({
  id: String(id),
  tableName: 'payment',
  rowId: `pay_"${id}"`,
  operation: 'update',
  beforeImage: image,
  afterImage: image === null ? '{}' : null,
  databaseUser: 'steward@localhost',
  changedAt: '2026-01-02 03:04:05.6',
});

function hashOf(entry: PayloadEntry, subjects: readonly string[], changes: readonly PayloadChange[]): string {
  const hasher = new PayloadHasher(SALT, entry, subjects);
  for (const each of changes) hasher.add(each);
  return hasher.digest();
}

const text = fc.option(fc.oneof(fc.string({ unit: 'grapheme' }), fc.constant('"changes":[]')));

it('hashes what comes bit by bit as the payload is hashed as a whole', () => {
  fc.assert(
    fc.property(
      fc.record({ details: text, addressSubjectId: text, subjectId: text, traceId: text }),
      fc.array(fc.string({ unit: 'grapheme' })),
      fc.array(text),
      (members, subjects, images) => {
        const entry = { ...NOTHING, ...members };
        const changes = images.map((image, index) => change(9 + index, image));
        const whole = payloadHash(SALT, payloadOf(entry, subjects, changes));
        expect(hashOf(entry, subjects, changes)).toBe(whole);
      },
    ),
  );
});

it('gives the same hash for changes that are longer together than what it keeps', () => {
  const changes = Array.from({ length: 300 }, (_, index) => change(index, 'ü😀'.repeat(300)));
  expect(hashOf(NOTHING, [], changes)).toBe(payloadHash(SALT, payloadOf(NOTHING, [], changes)));
});

it('refuses a salt of another length', () => {
  expect(() => new PayloadHasher(Buffer.alloc(31), NOTHING, [])).toThrow(RangeError);
});
