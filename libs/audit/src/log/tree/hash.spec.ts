import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import { EMPTY_ROOT, hashLeaf, hashNode, hashRow } from './hash.js';

const sha256 = (...parts: (string | Buffer)[]) =>
  parts.reduce((hash, part) => hash.update(part), createHash('sha256')).digest('hex');

describe('RFC 6962 hashing', () => {
  it('hashes nothing for the empty tree', () => {
    expect(EMPTY_ROOT.toString('hex')).toBe(
      'e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855',
    );
  });

  // The vectors of transparency-dev/merkle and of the Certificate Transparency reference implementation.
  it('puts 0x00 before a leaf', () => {
    expect(hashLeaf(Buffer.from('L123456')).toString('hex')).toBe(
      '395aa064aa4c29f7010acfe3f25db9485bbd4b91897b6ad7ad547639252b4d56',
    );
    expect(hashLeaf(Buffer.alloc(0)).toString('hex')).toBe(
      '6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d',
    );
  });

  it('puts 0x01 before two children', () => {
    const [left, right] = [hashLeaf(Buffer.of(0)), hashLeaf(Buffer.of(1))];
    expect(hashNode(left, right).toString('hex')).toBe(sha256(Buffer.of(1), left, right));
  });

  it('never hands out its own memory', () => {
    const row = hashLeaf(Buffer.of(7));
    const hash = hashRow(row);
    row.fill(0);
    expect(hash).toEqual(hashLeaf(Buffer.of(7)));
  });

  it('refuses a row that is no row of hashes', () => {
    expect(() => hashRow(Buffer.alloc(0))).toThrow(RangeError);
    expect(() => hashRow(Buffer.alloc(33))).toThrow(RangeError);
  });
});
