import { generateKeyPairSync } from 'node:crypto';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryTiles } from '../../testing/memory-tiles.js';
import { GrowingTree } from '../tree/growing-tree.js';
import { tileHashReader } from '../tree/hash-reader.js';
import { hashLeaf } from '../tree/hash.js';
import { inclusionProof } from '../tree/proof.js';
import { formatCheckpoint, signCheckpoint } from './checkpoint.js';
import { cosigner, noteSigner, parseVkey } from './key.js';
import { addSignatures, signatureLine } from './note.js';
import { formatTlogProof, parseTlogProof, verifyTlogProof } from './tlog-proof.js';

const SIZE = 300;
const leaf = (index: number) => Buffer.from(`leaf ${index}`);
const tiles = new MemoryTiles();
const tree = new GrowingTree();
tiles.store(tree.append(Array.from({ length: SIZE }, (_, index) => hashLeaf(leaf(index)))));
const log = noteSigner('example.com/log', generateKeyPairSync('ed25519').privateKey);
const witnesses = [1, 2].map((n) =>
  cosigner(`witness.example/${n}`, generateKeyPairSync('ed25519').privateKey, () => 1_700_000_000 + n),
);
const head = { origin: 'example.com/log', size: SIZE, root: tree.root() };
const signed = signCheckpoint(head, [log]);
const cosigned = addSignatures(
  signed,
  witnesses.map((witness) => signatureLine(formatCheckpoint(head), witness)),
);
const logKeys = [parseVkey(log.vkey)];
const witnessKeys = witnesses.map(({ vkey }) => parseVkey(vkey));

async function proofOf(index: number, checkpoint = signed): Promise<string> {
  const hashes = await inclusionProof(index, SIZE, tileHashReader(SIZE, tiles.read));
  return formatTlogProof({ index, hashes, checkpoint });
}

describe('a proof', () => {
  it('is written as the standard shows it', () => {
    const hash = hashLeaf(Buffer.of(1));
    const base64 = hash.toString('base64');
    expect(formatTlogProof({ index: 73_894, hashes: [hash, hash], checkpoint: 'checkpoint\n' })).toBe(
      `c2sp.org/tlog-proof@v1\nindex 73894\n${base64}\n${base64}\n\ncheckpoint\n`,
    );
    expect(formatTlogProof({ index: 0, hashes: [], checkpoint: 'c\n', extra: Buffer.from('extra') })).toBe(
      'c2sp.org/tlog-proof@v1\nextra ZXh0cmE=\nindex 0\n\nc\n',
    );
  });

  it('is read back', async () => {
    const proof = {
      index: 7,
      hashes: [hashLeaf(Buffer.of(1))],
      checkpoint: cosigned,
      extra: Buffer.from('extra'),
    };
    expect(parseTlogProof(formatTlogProof(proof))).toEqual(proof);
    expect(parseTlogProof(Buffer.from(formatTlogProof({ ...proof, hashes: [] })))).toEqual({
      ...proof,
      hashes: [],
    });
  });

  it.each([
    ['', 'empty line'],
    ['wrong-header\nindex 0\n\ncheckpoint\n', 'begin with'],
    ['c2sp.org/tlog-proof@v2\nindex 0\n\ncheckpoint\n', 'begin with'],
    ['c2sp.org/tlog-proof@v1\nextra !!notbase64!!\nindex 0\n\ncheckpoint\n', 'extra data'],
    ['c2sp.org/tlog-proof@v1\n\ncheckpoint\n', 'does not say the index'],
    ['c2sp.org/tlog-proof@v1\nindex\n\ncheckpoint\n', 'decimal'],
    ['c2sp.org/tlog-proof@v1\nindex x\n\ncheckpoint\n', 'decimal'],
    ['c2sp.org/tlog-proof@v1\nindex -5\n\ncheckpoint\n', 'decimal'],
    ['c2sp.org/tlog-proof@v1\nindex 05\n\ncheckpoint\n', 'decimal'],
    ['c2sp.org/tlog-proof@v1\nindex 5 \n\ncheckpoint\n', 'index'],
    ['c2sp.org/tlog-proof@v1\nindex 0\nextra AA==\n\ncheckpoint\n', 'not a SHA-256'],
    ['c2sp.org/tlog-proof@v1\nindex 0\nAAAA\n\ncheckpoint\n', 'not a SHA-256'],
    [`c2sp.org/tlog-proof@v1\nindex 0\n${`${'A'.repeat(43)}=\n`.repeat(64)}\ncheckpoint\n`, 'more than 63'],
    ['c2sp.org/tlog-proof@v1\r\nindex 0\r\n\r\ncheckpoint\n', 'control character'],
  ])('is refused with a reason: %j', (proof, reason) => {
    const verdict = verifyTlogProof({ leaf: leaf(0), proof, logKeys });
    expect(verdict).toEqual({ valid: false, reason: expect.stringContaining(reason) });
  });

  it('of any leaf holds from end to end', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(SIZE - 1), async (index) => {
        const verdict = verifyTlogProof({ leaf: leaf(index), proof: await proofOf(index), logKeys });
        expect(verdict).toMatchObject({ valid: true, index, checkpoint: head });
      }),
    );
  });

  it('does not hold when any bit of it or of the leaf is turned', async () => {
    await fc.assert(
      fc.asyncProperty(fc.nat(SIZE - 1), fc.nat(), async (index, where) => {
        const proof = Buffer.from(await proofOf(index));
        const bit = where % (proof.length * 8);
        proof[Math.floor(bit / 8)]! ^= 1 << (bit % 8);
        expect(verifyTlogProof({ leaf: leaf(index), proof, logKeys }).valid).toBe(false);
        const other = leaf(index);
        other[where % other.length]! ^= 1 << (where % 8);
        expect(verifyTlogProof({ leaf: other, proof: await proofOf(index), logKeys }).valid).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('says what is wrong with it', async () => {
    const proof = await proofOf(7);
    const reason = (claim: Partial<Parameters<typeof verifyTlogProof>[0]>) => {
      const verdict = verifyTlogProof({ leaf: leaf(7), proof, logKeys, ...claim });
      return verdict.valid ? undefined : verdict.reason;
    };
    expect(reason({})).toBeUndefined();
    expect(reason({ leaf: leaf(8) })).toMatch('not what the log has at index 7');
    expect(reason({ proof: proof.replace('index 7', 'index 300') })).toMatch('300 leaves has no leaf 300');
    expect(reason({ logKeys: witnessKeys })).toMatch('No trusted key signed');
    expect(reason({ proof: proof.replace('\n300\n', '\n301\n') })).toMatch('signature of example.com/log');
    expect(reason({ origin: 'example.com/other' })).toMatch('not example.com/other');
  });

  it('counts the witnesses that cosigned its checkpoint', async () => {
    const claim = { leaf: leaf(7), proof: await proofOf(7, cosigned), logKeys };
    const verdict = verifyTlogProof({ ...claim, witnessKeys, quorum: 2 });
    expect(verdict).toMatchObject({ valid: true, cosignatures: [{ timestamp: 1_700_000_001 }, {}] });
    expect(verifyTlogProof({ ...claim, witnessKeys, quorum: 3 }).valid).toBe(false);
    expect(verifyTlogProof({ ...claim, witnessKeys: [], quorum: 1 }).valid).toBe(false);
    expect(verifyTlogProof({ ...claim, proof: await proofOf(7), witnessKeys, quorum: 1 }).valid).toBe(false);
  });

  it('counts a witness once, however many keys it signs with', async () => {
    const twice = ['a', 'b'].map(() =>
      cosigner('one.example', generateKeyPairSync('ed25519').privateKey, () => 1),
    );
    const lines = twice.map((witness) => signatureLine(formatCheckpoint(head), witness));
    const proof = await proofOf(7, addSignatures(signed, lines));
    const keys = twice.map(({ vkey }) => parseVkey(vkey));
    const claim = { leaf: leaf(7), proof, logKeys, witnessKeys: keys };
    expect(verifyTlogProof({ ...claim, quorum: 1 }).valid).toBe(true);
    expect(verifyTlogProof({ ...claim, quorum: 2 }).valid).toBe(false);
  });
});
