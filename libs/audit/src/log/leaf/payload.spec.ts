import { createHash } from 'node:crypto';
import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type PayloadChange, type PayloadEntry, payloadHash, payloadOf } from './payload.js';

const BARE: PayloadEntry = {
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
const FULL: PayloadEntry = {
  errorCode: 'payments.not_found',
  sessionId: 'ses_01',
  requestId: 'req_01',
  traceId: 'trace',
  purpose: 'audit.investigation',
  details: '{"b": 1,"a":"ü"}',
  subjectId: 'usr_02',
  addressSubjectId: 'usr_01',
  clientAddress: Buffer.from('00ff10', 'hex'),
};
const CHANGE: PayloadChange = {
  id: '10',
  tableName: 'payment',
  rowId: 'pay_01',
  operation: 'update',
  beforeImage: '{"status":"processing"}',
  afterImage: '{"status":"succeeded"}',
  databaseUser: 'steward@localhost',
  changedAt: '2026-01-02 03:04:05.123456',
};

const text = fc.string({ unit: 'grapheme', maxLength: 10 });
const optional = fc.option(text);
const entries: fc.Arbitrary<PayloadEntry> = fc.record({
  errorCode: optional,
  sessionId: optional,
  requestId: optional,
  traceId: optional,
  purpose: optional,
  details: optional,
  subjectId: optional,
  addressSubjectId: optional,
  clientAddress: fc.option(fc.uint8Array({ maxLength: 8 })),
});
const changes: fc.Arbitrary<PayloadChange> = fc.record({
  id: fc.bigInt(1n, 2n ** 63n - 1n).map(String),
  tableName: text,
  rowId: text,
  operation: text,
  beforeImage: optional,
  afterImage: optional,
  databaseUser: text,
  changedAt: fc.constantFrom('2026-01-02 03:04:05.123456', '2026-01-02 03:04:05.123457'),
});

describe('a payload', () => {
  it('is the canonical JSON of what the leaf does not show', () => {
    expect(payloadOf(FULL, ['usr_01', 'usr_02', 'usr_01'], [CHANGE]).toString()).toBe(
      `{"address":{"sealed":"00ff10","subject":"usr_01"},"changes":[{"after":"{\\"status\\":\\"succeeded\\"}",` +
        `"at":"2026-01-02T03:04:05.123456Z","before":"{\\"status\\":\\"processing\\"}","id":"10","operation":"update",` +
        `"row":"pay_01","table":"payment","user":"steward@localhost"}],"details":"{\\"b\\": 1,\\"a\\":\\"ü\\"}",` +
        `"error":"payments.not_found","purpose":"audit.investigation","request":"req_01","session":"ses_01",` +
        `"subjects":["usr_01","usr_02"],"trace":"trace","v":1}`,
    );
  });

  it('leaves out what an entry has not, but says that a change has no image before or after', () => {
    expect(payloadOf(BARE, [], []).toString()).toBe('{"changes":[],"subjects":[],"v":1}');
    const insert = payloadOf(BARE, [], [{ ...CHANGE, beforeImage: null }]).toString();
    expect(insert).toContain('"before":null');
  });

  it('has the changes in the order of their ids, which are numbers', () => {
    const ids = ['9', '10', '9007199254740993', '9007199254740992', '100'];
    const payload = payloadOf(
      BARE,
      [],
      ids.map((id) => ({ ...CHANGE, id })),
    ).toString();
    expect([...payload.matchAll(/"id":"(\d+)"/g)].map(([, id]) => id)).toEqual([
      '9',
      '10',
      '100',
      '9007199254740992',
      '9007199254740993',
    ]);
  });

  it('is canonical, and the same however its parts are ordered', () => {
    fc.assert(
      fc.property(
        entries,
        fc.uniqueArray(text),
        fc.uniqueArray(changes, { selector: ({ id }) => id }),
        (entry, subjects, rows) => {
          const payload = payloadOf(entry, subjects, rows);
          const shuffled = payloadOf(entry, [...subjects, ...subjects].toReversed(), rows.toReversed());
          expect(shuffled.equals(payload)).toBe(true);
          expect(payload.toString()).toBe(canonicalize(JSON.parse(payload.toString())));
        },
      ),
    );
  });

  it('of two entries that differ in anything but the order is not the same', () => {
    fc.assert(
      fc.property(entries, entries, fc.constantFrom(...Object.keys(BARE)), (entry, donor, column) => {
        const other = { ...entry, [column]: donor[column as keyof PayloadEntry] };
        fc.pre(JSON.stringify(other) !== JSON.stringify(entry));
        expect(payloadOf(other, [], []).equals(payloadOf(entry, [], []))).toBe(false);
      }),
      { numRuns: 1000 },
    );
    fc.assert(
      fc.property(changes, changes, fc.constantFrom(...Object.keys(CHANGE)), (change, donor, column) => {
        const other = { ...change, [column]: donor[column as keyof PayloadChange] };
        fc.pre(JSON.stringify(other) !== JSON.stringify(change));
        expect(payloadOf(BARE, [], [other]).equals(payloadOf(BARE, [], [change]))).toBe(false);
      }),
      { numRuns: 1000 },
    );
  });

  it('is hashed with its salt before it', () => {
    const [salt, payload] = [Buffer.alloc(32, 7), Buffer.from('payload')];
    const expected = createHash('sha256').update(salt).update(payload).digest('base64');
    expect(payloadHash(salt, payload)).toBe(expected);
    expect(() => payloadHash(salt.subarray(1), payload)).toThrow('32 bytes, not 31');
  });
});
