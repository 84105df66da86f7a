import { readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { LogFiles } from '../../testing/log-files.js';
import { TestLog } from '../../testing/test-log.js';

let files: LogFiles;
beforeEach(() => {
  files = new LogFiles();
});
afterEach(() => files.remove());

const flip = (at: number) => (bytes: Buffer) => {
  bytes[at]! ^= 1;
};

describe('an intact log', () => {
  it.each([0, 1, 2, 255, 256, 257, 511, 1000, 65_536 + 300])('of %i entries verifies', async (size) => {
    const log = new TestLog().grow(size);
    await files.write(log);
    const { exitCode, report } = await files.verify(log);
    expect(report).toContain('VERIFIED: nothing is wrong.');
    expect(report).toContain(`${size.toLocaleString('en')} entries, root ${log.root.toString('base64')}`);
    expect(exitCode).toBe(0);
    expect(readFileSync(files.memory, 'utf8')).toBe(log.signed());
  });

  it('verifies again after it grew, from any size to any other', async () => {
    const log = new TestLog();
    for (const more of [3, 1, 252, 1, 700, 0]) {
      await files.write(log.grow(more));
      expect((await files.verify(log)).report).toContain('VERIFIED: nothing');
    }
    expect(readFileSync(files.memory, 'utf8')).toBe(log.signed());
  });

  it('verifies without its leaf data, and says so', async () => {
    const log = new TestLog().grow(300);
    log.isOpen = false;
    await files.write(log);
    const { exitCode, report } = await files.verify(log);
    expect([exitCode, report]).toEqual([0, expect.stringMatching(/Note .*leaf data was not checked/)]);
    expect(report).not.toContain('leaf data of 300');
  });

  it('verifies where only the full tile is left of a partial one', async () => {
    const log = new TestLog().grow(200);
    await files.write(log);
    const checkpoint = readFileSync(files.path('log/checkpoint'));
    await files.write(log.grow(100));
    rmSync(files.path('log/tile/0/000.p'), { recursive: true });
    rmSync(files.path('log/tile/entries/000.p'), { recursive: true });
    writeFileSync(files.path('log/checkpoint'), checkpoint);
    expect((await files.verify(log)).report).toContain('VERIFIED: nothing');
  });
});

describe('a changed log is found out:', () => {
  const cases: [string, string, (bytes: Buffer) => Buffer | void, RegExp][] = [
    [
      'a hash in a full tile',
      'tile/0/001',
      flip(40),
      /^- tile: tile\/0\/001 was changed: it does not hash to what tile\/1\/000\.p\/3 says, which belongs to the signed root\.$/m,
    ],
    [
      'a hash in a partial tile',
      'tile/0/003.p/32',
      flip(40),
      /right edge \(tile\/0\/003\.p\/32, tile\/1\/000\.p\/3\) do not hash/,
    ],
    [
      'a hash in an upper tile',
      'tile/1/000.p/3',
      flip(40),
      /1 thing is wrong\.\n- tile: tile\/1\/000\.p\/3 was changed: the tiles below it hash to something else/,
    ],
    [
      'a tile that was cut',
      'tile/0/001',
      (bytes) => bytes.subarray(32),
      /tile\/0\/001 has 8160 bytes; the tree has 256 hashes there/,
    ],
    [
      'an entry',
      'tile/entries/001',
      (bytes) => Buffer.from(bytes.toString('latin1').replace('thg_300', 'thg_999'), 'latin1'),
      /^- leaf: Entry 300 \(it says aud_0{23}300\) in tile\/entries\/001 is not what was logged: it does not hash to what tile\/0\/001 says/m,
    ],
    [
      'an entry that is gone',
      'tile/entries/003.p/32',
      (bytes) => bytes.subarray(2 + bytes.readUInt16BE(0)),
      /tile\/entries\/003\.p\/32 has 31 entries; the tree has 32 there: some were removed/,
    ],
    [
      'a bundle that breaks off',
      'tile/entries/001',
      (bytes) => bytes.subarray(0, 500),
      /tile\/entries\/001 is no bundle of entries: The bundle breaks off in leaf \d/,
    ],
    [
      'a checkpoint of another size',
      'checkpoint',
      (bytes) => Buffer.from(bytes.toString().replace('\n800\n', '\n799\n')),
      /^- checkpoint: The checkpoint of log log\.example is not to be believed: The signature of log\.example\+[0-9a-f]{8} is wrong\.$/m,
    ],
    [
      'no checkpoint',
      'checkpoint',
      () => Buffer.from('nothing\n'),
      /- checkpoint: The checkpoint of \S+ cannot be read/,
    ],
  ];

  it.each(cases)('%s', async (_name, path, change, words) => {
    const log = new TestLog().grow(800);
    await files.write(log);
    files.edit(path, change);
    const { exitCode, report } = await files.verify(log);
    expect(report).toMatch(words);
    expect(exitCode).toBe(1);
    expect(readdirSync(files.dir)).not.toContain('remembered');
  });

  it('a tile that is missing, and a bundle', async () => {
    const log = new TestLog().grow(800);
    await files.write(log);
    rmSync(files.path('log/tile/0/002'));
    rmSync(files.path('log/tile/entries/001'));
    const { report } = await files.verify(log);
    expect(report).toMatch(/2 things are wrong/);
    expect(report).toMatch(/- tile: tile\/0\/002 is missing/);
    expect(report).toMatch(/- leaf: tile\/entries\/001 is missing/);
  });

  it('the one tile that was changed, three levels high', async () => {
    const log = new TestLog().grow(65_536 + 300);
    log.isOpen = false;
    await files.write(log);
    files.edit('tile/1/000', flip(7 * 32));
    const { report } = await files.verify(log);
    expect(report).toMatch(/tile\/1\/000 was changed: it does not hash to what tile\/2\/000\.p\/1 says/);
    expect(report).toMatch(/tile\/0\/007 and tile\/1\/000 contradict each other/);
    expect(report).toMatch(/2 things are wrong/);
  });
});
