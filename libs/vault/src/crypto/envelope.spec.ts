import { createSecretKey, randomBytes } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { binding, keyBinding, valueBinding } from './binding.js';
import { ENVELOPE_OVERHEAD, openEnvelope, sealEnvelope } from './envelope.js';

const newKey = () => createSecretKey(randomBytes(32));
const text = fc.string({ unit: 'binary', maxLength: 40 });
const place = fc.record({ annotation: text, rowId: text, subject: text });

describe('a sealed envelope', () => {
  it('opens to the same bytes at the place it was sealed for', () => {
    const key = newKey();
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 300 }), place, (bytes, where) => {
        const sealed = sealEnvelope(key, Buffer.from(bytes), valueBinding(where));
        expect(sealed.length).toBe(bytes.length + ENVELOPE_OVERHEAD);
        expect(openEnvelope(key, sealed, valueBinding(where)).equals(Buffer.from(bytes))).toBe(true);
      }),
    );
  });

  it.each(['annotation', 'rowId', 'subject'] as const)('does not open where only the %s differs', (part) => {
    const key = newKey();
    fc.assert(
      fc.property(place, text, (here, other) => {
        fc.pre(here[part] !== other);
        const sealed = sealEnvelope(key, Buffer.from('value'), valueBinding(here));
        expect(() => openEnvelope(key, sealed, valueBinding({ ...here, [part]: other }))).toThrow('envelope');
      }),
    );
  });

  it('does not open when characters move across the border of two parts', () => {
    fc.assert(
      fc.property(fc.array(text, { maxLength: 5 }), fc.array(text, { maxLength: 5 }), (left, right) => {
        const same = left.length === right.length && left.every((part, index) => part === right[index]);
        expect(binding(...left).equals(binding(...right))).toBe(same);
      }),
      {
        examples: [
          [
            ['ab', 'c'],
            ['a', 'bc'],
          ],
        ],
      },
    );
  });

  it('does not open with one bit changed anywhere', () => {
    const key = newKey();
    const aad = valueBinding({ annotation: 'users.email', rowId: 'usr_1', subject: 'usr_1' });
    const sealed = sealEnvelope(key, Buffer.from('ada@example.com'), aad);
    for (let bit = 0; bit < sealed.length * 8; bit += 1) {
      const tampered = Buffer.from(sealed);
      tampered.writeUInt8(tampered.readUInt8(bit >> 3) ^ (1 << (bit & 7)), bit >> 3);
      expect(() => openEnvelope(key, tampered, aad)).toThrow('envelope');
    }
  });

  it('does not open when cut short, nor with another key', () => {
    const key = newKey();
    const aad = keyBinding('usr_1', 'account', 1);
    const sealed = sealEnvelope(key, Buffer.from('value'), aad);
    for (let length = 0; length < sealed.length; length += 1) {
      expect(() => openEnvelope(key, sealed.subarray(0, length), aad)).toThrow('envelope');
    }
    expect(() => openEnvelope(newKey(), sealed, aad)).toThrow('envelope');
    expect(() => openEnvelope(key, sealed, keyBinding('usr_1', 'account', 2))).toThrow('envelope');
  });
});
