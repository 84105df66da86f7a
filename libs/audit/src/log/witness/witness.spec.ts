import { createHash } from 'node:crypto';
import { rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { newSigner, TestLog } from '../../testing/test-log.js';
import { proofOf, requestOf, TestWitness } from '../../testing/test-witness.js';
import { openCheckpoint, signCheckpoint } from '../note/checkpoint.js';
import { parseVkey } from '../note/key.js';
import { EMPTY_ROOT } from '../tree/hash.js';
import { formatAddCheckpoint } from './add-checkpoint.js';
import { generateWitnessKey } from './witness-key.js';
import { WitnessState } from './witness-state.js';

let log: TestLog;
let witness: TestWitness;
beforeEach(async () => {
  log = new TestLog().grow(10);
  witness = await TestWitness.start(log.vkeys);
});
afterEach(() => witness.stop());

const hashOf = (origin: string) => createHash('sha256').update(origin).digest('hex');
const submit = async (of: TestLog, oldSize: number, checkpoint?: string) =>
  witness.post(await requestOf(of, oldSize, checkpoint));
const statusOf = async (answer: Promise<Response>) => (await answer).status;

describe('add-checkpoint', () => {
  it('cosigns a first checkpoint and each that extends the last', async () => {
    let known = 0;
    for (const more of [0, 1, 245, 1, 300, 0]) {
      const answer = await submit(log.grow(more), known);
      expect(answer.status).toBe(200);
      const lines = await answer.text();
      const opened = openCheckpoint(log.signed() + lines, {
        logKeys: log.vkeys.map(parseVkey),
        witnessKeys: [parseVkey(witness.vkey)],
      });
      expect(opened.cosignatures).toHaveLength(1);
      expect(Math.abs((opened.cosignatures[0]?.timestamp ?? 0) - Date.now() / 1000)).toBeLessThan(30);
      known = log.size;
    }
  });

  it('cosigns the empty log, and no other of size zero', async () => {
    const empty = new TestLog(log.origin, log.signers);
    expect((await submit(empty, 0)).status).toBe(200);
    const odd = signCheckpoint({ origin: log.origin, size: 0, root: log.root }, log.signers);
    expect((await submit(empty, 0, odd)).status).toBe(422);
    const checkpoint = signCheckpoint({ origin: log.origin, size: 0, root: EMPTY_ROOT }, log.signers);
    expect((await submit(empty, 0, checkpoint)).status).toBe(200);
  });

  it('answers 409 with the size that it knows', async () => {
    await submit(log, 0);
    log.grow(5);
    for (const oldSize of [0, 3, 14]) {
      const answer = await submit(log, oldSize);
      expect(answer.status).toBe(409);
      expect(answer.headers.get('content-type')).toBe('text/x.tlog.size');
      expect(await answer.text()).toBe('10\n');
    }
    expect((await submit(log, 10)).status).toBe(200);
  });

  it('answers 404 for a log that it does not serve', async () => {
    expect((await submit(new TestLog('other.example').grow(1), 0)).status).toBe(404);
  });

  it('answers 403 without a signature of the log, and for one that is wrong', async () => {
    expect((await submit(log, 0, log.signed([newSigner(log.origin)]))).status).toBe(403);
    const wrong = log.signed().replace('\n10\n', '\n11\n');
    expect((await submit(log, 0, wrong)).status).toBe(403);
    expect((await submit(log, 0)).status).toBe(200);
  });

  it.each([
    ['no request', () => 'nothing'],
    ['no old size', async () => (await requestOf(log, 0)).replace('old 0', 'new 0')],
    ['an old size with a zero before it', async () => (await requestOf(log, 0)).replace('old 0', 'old 00')],
    ['a proof that is not base64', async () => (await requestOf(log, 3)).replace(/\n[^\n]+/, '\nAAA')],
    ['no signature', () => `old 0\n\n${log.signed().split('\n\n')[0]}\n`],
    [
      'too many hashes',
      () => formatAddCheckpoint({ oldSize: 0, proof: Array(64).fill(EMPTY_ROOT), checkpoint: log.signed() }),
    ],
    ['an old size above the checkpoint', () => `old 11\n\n${log.signed()}`],
    ['a control character', async () => `${await requestOf(log, 0)}\u0000`],
  ])('answers 400 for %s', async (_name, body) => {
    expect((await witness.post(await body())).status).toBe(400);
  });

  it('answers 422 for a checkpoint that is not proven to extend the last', async () => {
    await submit(log, 0);
    const fork = new TestLog(log.origin, log.signers).grow(9).grow(1, 100);
    expect(await statusOf(submit(fork, 10)), 'same size, other root').toBe(422);
    fork.grow(5);
    expect(await statusOf(submit(fork, 10)), 'larger').toBe(422);
    log.grow(5);
    const body = async (proof: Buffer[]) =>
      formatAddCheckpoint({ oldSize: 10, proof, checkpoint: log.signed() });
    const proof = await proofOf(log, 10);
    for (const bad of [[], proof.slice(1), [...proof, EMPTY_ROOT], proof.with(0, EMPTY_ROOT)])
      expect(await statusOf(witness.post(await body(bad)))).toBe(422);
    expect(await statusOf(witness.post(await body(proof)))).toBe(200);
    const again = formatAddCheckpoint({ oldSize: 15, proof: [EMPTY_ROOT], checkpoint: log.signed() });
    expect(await statusOf(witness.post(again)), 'a proof between equal sizes').toBe(422);
  });

  it('answers 422 for a proof from nothing', async () => {
    const body = formatAddCheckpoint({ oldSize: 0, proof: [EMPTY_ROOT], checkpoint: log.signed() });
    expect((await witness.post(body)).status).toBe(422);
  });

  it('lets one of several at once win, and never goes back', async () => {
    await submit(log, 0);
    const bodies: string[] = [];
    for (let i = 0; i < 8; i++) bodies.push(await requestOf(log.grow(3), 10));
    const statuses = await Promise.all(bodies.map((body) => statusOf(witness.post(body))));
    expect(statuses.filter((status) => status === 200)).toHaveLength(1);
    expect(statuses.filter((status) => status === 409)).toHaveLength(7);
    const won = 13 + 3 * statuses.indexOf(200);
    const answer = await submit(log, 0);
    expect(await answer.text()).toBe(`${won}\n`);
  });
});

describe('a witness', () => {
  it('shows the checkpoint that it cosigned, with the signatures that it verified', async () => {
    const path = `${hashOf(log.origin)}/checkpoint`;
    expect((await witness.get(path)).status).toBe(404);
    const stranger = newSigner('stranger.example');
    const line = await (await submit(log, 0, log.signed([...log.signers, stranger]))).text();
    expect(await (await witness.get(path)).text()).toBe(log.signed() + line);
    expect((await witness.get(`${hashOf('other.example')}/checkpoint`)).status).toBe(404);
  });

  it('serves several logs, and a log while its key turns', async () => {
    const keys = [newSigner('two.example'), newSigner('two.example')];
    const two = new TestLog('two.example', [keys[0]!]).grow(3);
    await witness.stop();
    witness = await TestWitness.start([...log.vkeys, ...keys.map(({ vkey }) => vkey)]);
    expect(await statusOf(submit(log, 0))).toBe(200);
    expect(await statusOf(submit(two, 0))).toBe(200);
    expect(await statusOf(submit(two.grow(1), 3, two.signed(keys)))).toBe(200);
    expect(await statusOf(submit(two.grow(1), 4, two.signed([keys[1]!])))).toBe(200);
    expect(await (await witness.get(`${hashOf('two.example')}/checkpoint`)).text()).toContain('\n5\n');
  });

  it('remembers across restarts, with the key that it made', async () => {
    await submit(log, 0);
    expect(statSync(join(witness.dir, 'key')).mode & 0o777).toBe(0o600);
    const { vkey, dir } = witness;
    await witness.stop({ keepFiles: true });
    witness = await TestWitness.start(log.vkeys, dir);
    expect(witness.vkey).toBe(vkey);
    expect(await (await witness.get('')).text()).toBe(`${vkey}\n`);
    expect(await (await submit(log.grow(1), 0)).text()).toBe('10\n');
  });

  it('does not start without what its key remembers, nor with what another remembers', async () => {
    const { dir } = witness;
    await witness.stop({ keepFiles: true });
    const state = join(dir, 'key.state');
    rmSync(state);
    await expect(TestWitness.start(log.vkeys, dir)).rejects.toThrow(/would sign a second history/);
    new WitnessState(state, generateWitnessKey('other.example').vkey, true).close();
    await expect(TestWitness.start(log.vkeys, dir)).rejects.toThrow(/is the state of other\.example\+/);
    writeFileSync(join(dir, 'key'), 'PRIVATE+KEY+w+00000000+AAAA\n');
    await expect(TestWitness.start(log.vkeys, dir)).rejects.toThrow(/does not hold the private key/);
    witness = await TestWitness.start(log.vkeys);
    rmSync(dir, { recursive: true });
  });

  it('decides alone, whichever process asks', () => {
    const { vkey } = generateWitnessKey('w.example');
    const file = join(witness.dir, 'shared');
    const [first, second] = [new WitnessState(file, vkey, true), new WitnessState(file, vkey, false)];
    const next = (size: number) => ({ size, root: EMPTY_ROOT, note: '' });
    first.update('log', () => {
      const other = () => expect.unreachable('two decide at once');
      expect(() => second.update('log', other)).toThrow(/database is locked/);
      return { next: next(1) };
    });
    expect(second.latest('log')?.size).toBe(1);
    first.close();
    second.close();
  });

  it('reads no more than a checkpoint can have, and answers nothing else', async () => {
    expect(await statusOf(witness.post('x'.repeat(1_000_001)))).toBe(413);
    expect(await statusOf(witness.get('add-checkpoint'))).toBe(405);
    expect(await statusOf(witness.post('', ''))).toBe(405);
    expect(await statusOf(witness.get('etc/passwd'))).toBe(404);
    expect(await statusOf(submit(log, 0))).toBe(200);
    expect(witness.lines.at(-1)).toBe('POST /add-checkpoint 200');
  });
});
