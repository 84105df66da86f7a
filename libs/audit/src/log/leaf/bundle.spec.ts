import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { decodeBundle, encodeBundle } from './bundle.js';
import { LeafError } from './canonical.js';

describe('a bundle', () => {
  it('has the length of each leaf before it, big-endian', () => {
    const leaves = [Buffer.from('ab'), Buffer.alloc(0), Buffer.alloc(0x102, 'c')];
    expect(encodeBundle(leaves).toString('latin1')).toBe(`\x00\x02ab\x00\x00\x01\x02${'c'.repeat(0x102)}`);
  });

  it('is read back, out of the middle of other bytes too', () => {
    fc.assert(
      fc.property(
        fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 256 }),
        fc.nat(9),
        (leaves, offset) => {
          const bundle = encodeBundle(leaves);
          const within = Buffer.concat([Buffer.alloc(offset), bundle, Buffer.alloc(3)]);
          const read = decodeBundle(new Uint8Array(within.buffer, within.byteOffset + offset, bundle.length));
          expect(read.map((leaf) => [...leaf])).toEqual(leaves.map((leaf) => [...leaf]));
        },
      ),
    );
  });

  it('is refused when it breaks off anywhere but between two leaves', () => {
    const bundle = encodeBundle([Buffer.from('one'), Buffer.from('three')]);
    for (let length = 0; length < bundle.length; length++) {
      const cut = () => decodeBundle(bundle.subarray(0, length)).length;
      if (length === 0 || length === 5) expect(cut()).toBe(length === 0 ? 0 : 1);
      else expect(cut).toThrow(LeafError);
    }
  });

  it('holds the longest leaf, 256 leaves, and no more', () => {
    const longest = Buffer.alloc(65_535, 1);
    expect(decodeBundle(encodeBundle([longest]))[0]!.equals(longest)).toBe(true);
    expect(() => encodeBundle([Buffer.alloc(65_536)])).toThrow(LeafError);
    expect(() => encodeBundle(Array.from({ length: 257 }, () => Buffer.alloc(1)))).toThrow(RangeError);
    const full = encodeBundle(Array.from({ length: 256 }, () => Buffer.alloc(1)));
    expect(() => decodeBundle(Buffer.concat([full, full.subarray(0, 3)]))).toThrow('more than 256');
  });
});
