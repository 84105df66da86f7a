import canonicalize from 'canonicalize';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { canonicalJson, instantText, LeafError } from './canonical.js';
import { leafOf, type LeafEntry, MAX_LEAF_BYTES, originLeaf, parseLeaf } from './leaf.js';

const HASH = '47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=';
const ENTRY: LeafEntry = {
  id: 'aud_01',
  occurredAt: '2026-01-02 03:04:05.006',
  action: 'payment.capture',
  outcome: 'succeeded',
  actorKind: 'user',
  actorId: 'usr_01',
  resourceType: 'payment',
  resourceId: 'pay_01',
  payloadHash: HASH,
};
const text = fc.string({ unit: 'grapheme', maxLength: 20 });
const optional = fc.option(text);
const instants = fc
  .record({
    date: fc.date({
      min: new Date('0001-01-01'),
      max: new Date('9999-12-31T23:59:59Z'),
      noInvalidDate: true,
    }),
    micros: fc.nat(999),
  })
  .map(({ date, micros }) => date.toISOString().replace('Z', `${String(micros).padStart(3, '0')}Z`));
const entries: fc.Arbitrary<LeafEntry> = fc.record({
  id: text,
  occurredAt: instants,
  action: text,
  outcome: text,
  actorKind: text,
  actorId: optional,
  resourceType: optional,
  resourceId: optional,
  payloadHash: fc
    .uint8Array({ minLength: 32, maxLength: 32 })
    .map((bytes) => Buffer.from(bytes).toString('base64')),
});

describe('an instant', () => {
  it.each([
    ['2026-01-02 03:04:05', '2026-01-02T03:04:05.000000Z'],
    ['2026-01-02 03:04:05.006', '2026-01-02T03:04:05.006000Z'],
    ['2026-01-02 03:04:05.123456', '2026-01-02T03:04:05.123456Z'],
    ['2026-01-02T03:04:05.123456Z', '2026-01-02T03:04:05.123456Z'],
    ['2024-02-29 00:00:00.1', '2024-02-29T00:00:00.100000Z'],
  ])('is %j as the log writes it', (stored, written) => {
    expect(instantText(stored)).toBe(written);
  });

  it.each([
    '',
    '2026-01-02',
    '2026-01-02 03:04',
    '2026-13-02 03:04:05',
    '2026-02-30 03:04:05',
    '2025-02-29 03:04:05',
    '2026-01-02 24:00:00',
    '2026-01-02 03:04:60',
    '2026-01-02 03:04:05.',
    '2026-01-02 03:04:05.1234567',
    '2026-01-02T03:04:05+00:00',
    '2026-01-02 03:04:05\n',
    '0000-00-00 00:00:00',
    'Fri Jan 02 2026 03:04:05 GMT',
  ])('is not %j', (stored) => {
    expect(() => instantText(stored)).toThrow(LeafError);
  });
});

describe('a leaf', () => {
  it('is the canonical JSON of the columns that stay', () => {
    expect(leafOf(ENTRY).toString()).toBe(
      `{"action":"payment.capture","actor":{"id":"usr_01","kind":"user"},"entry":"aud_01","outcome":"succeeded",` +
        `"payload":"${HASH}","resource":{"id":"pay_01","type":"payment"},"time":"2026-01-02T03:04:05.006000Z",` +
        `"type":"entry","v":1}`,
    );
  });

  it('leaves out what an entry has not', () => {
    const bare = { ...ENTRY, actorId: null, resourceType: null, resourceId: null };
    expect(leafOf(bare).toString()).toBe(
      `{"action":"payment.capture","actor":{"kind":"user"},"entry":"aud_01","outcome":"succeeded",` +
        `"payload":"${HASH}","time":"2026-01-02T03:04:05.006000Z","type":"entry","v":1}`,
    );
  });

  it('of a log after a restore holds the checkpoint of the former one', () => {
    const leaf = originLeaf({ previous: 'o\n1\nroot\n\n— o sig\n', startedAt: ENTRY.occurredAt });
    expect(leaf.toString()).toBe(
      '{"previous":"o\\n1\\nroot\\n\\n— o sig\\n","time":"2026-01-02T03:04:05.006000Z","type":"origin","v":1}',
    );
    expect(parseLeaf(leaf)).toEqual({
      type: 'origin',
      previous: 'o\n1\nroot\n\n— o sig\n',
      startedAt: '2026-01-02T03:04:05.006000Z',
    });
  });

  it('is read back to the entry', () => {
    fc.assert(
      fc.property(entries, (entry) => {
        expect(parseLeaf(leafOf(entry))).toEqual({ type: 'entry', ...entry });
      }),
    );
  });

  it('of two entries that differ anywhere is not the same', () => {
    fc.assert(
      fc.property(entries, entries, fc.constantFrom(...Object.keys(ENTRY)), (entry, donor, column) => {
        const other = { ...entry, [column]: donor[column as keyof LeafEntry] };
        fc.pre(other[column as keyof LeafEntry] !== entry[column as keyof LeafEntry]);
        expect(leafOf(other).equals(leafOf(entry))).toBe(false);
      }),
      { numRuns: 500 },
    );
  });

  it('fits into a bundle or is refused', () => {
    const room = MAX_LEAF_BYTES - leafOf({ ...ENTRY, action: '' }).length;
    expect(leafOf({ ...ENTRY, action: 'a'.repeat(room) })).toHaveLength(MAX_LEAF_BYTES);
    expect(() => leafOf({ ...ENTRY, action: 'a'.repeat(room + 1) })).toThrow('65536 bytes');
    expect(() => originLeaf({ previous: 'ä'.repeat(40_000), startedAt: ENTRY.occurredAt })).toThrow(
      LeafError,
    );
  });

  const good = leafOf(ENTRY).toString();
  it.each([
    ['', 'not JSON'],
    ['[]', 'expected shape'],
    ['null', 'expected shape'],
    [good.replace('"v":1', '"v":2'), 'has version 2'],
    [good.replace(',"v":1', ''), 'has version undefined'],
    [good.replace('"type":"entry"', '"type":"other"'), 'has type "other"'],
    [good.replace('"entry":"aud_01",', ''), 'no text "entry"'],
    [good.replace('"aud_01"', '7'), 'no text "entry"'],
    [good.replace('"kind":"user"', '"kind":null'), 'no text "kind"'],
    [good.replace('"id":"usr_01"', '"id":null'), 'no text "id"'],
    [good.replace(HASH, HASH.slice(4)), 'payload'],
    [good.replace('{"id":"usr_01","kind":"user"}', '"user"'), 'expected shape'],
    [good.replace('"v":1}', '"v":1,"w":1}'), 'canonical'],
    [good.replace('"actor":{', '"actor":{"age":"1",'), 'canonical'],
    [
      good.replace('{"action":"payment.capture",', '{').replace('}', '},"action":"payment.capture"'),
      'canonical',
    ],
    [good.replace(',', ', '), 'canonical'],
    [good.replace('payment.capture', '\\u0070ayment.capture'), 'canonical'],
    [good.replace('.006000Z', '.006Z'), 'canonical'],
    [good.replace('"action":', '"action":"x","action":'), 'canonical'],
    [`\ufeff${good}`, 'not JSON'],
    [`${good}\n`, 'canonical'],
  ])('is refused: %j', (data, reason) => {
    expect(() => parseLeaf(Buffer.from(data))).toThrow(reason);
    expect(() => parseLeaf(Buffer.from(data))).toThrow(LeafError);
  });

  it('is refused when it is not UTF-8', () => {
    const data = Buffer.from(good);
    data[12] = 0xff;
    expect(() => parseLeaf(data)).toThrow('not JSON in UTF-8');
  });
});

describe('canonical JSON', () => {
  it('is that of RFC 8785 for its example of strings', () => {
    expect(canonicalJson({ s: '€$\u000f\nA\'B"\\\\"/' }).toString()).toBe(
      `{"s":"€$\\u000f\\nA'B\\"\\\\\\\\\\"/"}`,
    );
  });

  it('has no form for half a character, and is not misled by a text about one', () => {
    expect(() => canonicalJson({ s: '\ud800' })).toThrow('surrogate');
    expect(() => canonicalJson({ s: 'a\udfff' })).toThrow('surrogate');
    expect(canonicalJson({ s: '😀 \\ud83d' }).toString()).toBe('{"s":"😀 \\\\ud83d"}');
  });

  it('is what the library writes, whatever an entry holds', () => {
    fc.assert(
      fc.property(entries, text, (entry, previous) => {
        for (const leaf of [leafOf(entry), originLeaf({ previous, startedAt: entry.occurredAt })]) {
          expect(leaf.toString()).toBe(canonicalize(JSON.parse(leaf.toString())));
        }
      }),
    );
  });
});
