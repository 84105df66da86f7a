import { generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { TestLog } from '../../testing/test-log.js';
import { requestOf, TestWitness, witnessed } from '../../testing/test-witness.js';
import { cosigner, noteVerifier, parseVkey } from '../note/key.js';
import { addSignatures, openNote, parseNote, signatureLine } from '../note/note.js';
import { cosign } from './cosign.js';

const soon = () => AbortSignal.timeout(5_000);

describe('asking a witness', () => {
  let log: TestLog;
  let witness: TestWitness;
  beforeEach(async () => {
    log = new TestLog().grow(10);
    witness = await TestWitness.start(log.vkeys);
  });
  afterEach(() => witness.stop());
  const ask = (of: TestLog, known: number) => cosign(witness.configured, witnessed(of), known, soon());

  it('gives its verified cosignature, whatever size it was believed to know', async () => {
    let submitted = 0;
    for (const [more, known] of [
      [0, 0],
      [5, 10],
      [300, 0],
      [300, 7],
      [1, 10_000],
      [0, 616],
    ] as const) {
      const answer = await ask(log.grow(more), known);
      expect(answer.kind).toBe('cosigned');
      const note = addSignatures(log.signed(), answer.kind === 'cosigned' ? [answer.line] : []);
      expect(openNote(note, [parseVkey(witness.vkey)]).verified).toHaveLength(1);
      submitted += 1;
    }
    expect(witness.lines.filter((line) => line.endsWith(' 200'))).toHaveLength(submitted);
  });

  it('goes on from where it is when its last answer was lost', async () => {
    await ask(log, 0);
    await witness.post(await requestOf(log.grow(5), 10));
    expect(await ask(log, 10)).toMatchObject({ kind: 'cosigned' });
    expect(witness.lines.slice(-2)).toEqual(['POST /add-checkpoint 409', 'POST /add-checkpoint 200']);
  });

  it('finds a fork out, with the checkpoint that proves it', async () => {
    await ask(log, 0);
    const fork = new TestLog(log.origin, log.signers).grow(8).grow(20, 500);
    const answer = await ask(fork, 10);
    expect(answer).toMatchObject({ kind: 'disputed', size: 10 });
    expect(answer.kind === 'disputed' && answer.evidence).toContain(log.signed());
  });

  it('finds out that an old database was restored, with the checkpoint that is missing', async () => {
    const old = new TestLog(log.origin, log.signers).grow(7);
    await ask(log, 0);
    const answer = await ask(old, 7);
    expect(answer).toMatchObject({ kind: 'disputed', size: 10, evidence: expect.stringContaining('\n10\n') });
  });

  it('is told why there is no cosignature', async () => {
    const other = new TestLog('other.example').grow(3);
    expect(await ask(other, 0)).toEqual({
      kind: 'failed',
      reason: 'it answers 404: This witness does not know the log.',
    });
  });
});

describe('a witness that does not behave', () => {
  const log = new TestLog().grow(10);
  const key = generateKeyPairSync('ed25519');
  const signer = cosigner('w.example', key.privateKey, () => 1_700_000_000);
  const verifier = noteVerifier('w.example', key.publicKey, 'cosignature');
  let server: Server;
  let requests = 0;
  const ask = async (listener: RequestListener, signal = soon()) => {
    requests = 0;
    server = createServer((request, response) => {
      requests++;
      listener(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    return cosign({ key: verifier, url }, witnessed(log), 10, signal);
  };
  afterEach(async () => {
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });
  const answers =
    (status: number, body: string, headers = {}): RequestListener =>
    (_request, response) =>
      response.writeHead(status, headers).end(body);
  const line = (text: string, by = signer) => signatureLine(text, by);
  const { text } = parseNote(log.signed());

  it.each([
    ['no signature', '', /does not end in a signature line/],
    ['nonsense', 'nonsense\n', /signature/],
    [
      'the signature of another',
      line(
        text,
        cosigner('x', key.privateKey, () => 1),
      ),
      /No trusted key/,
    ],
    ['a signature of another checkpoint', line('a\n1\nb\n'), /signature of w\.example\+.* is wrong/],
  ])('and answers with %s', async (_name, body, reason) => {
    expect(await ask(answers(200, body))).toEqual({ kind: 'failed', reason: expect.stringMatching(reason) });
  });

  it('and adds signatures of others, which are left out', async () => {
    const other = line(
      text,
      cosigner('other.example', key.privateKey, () => 1),
    );
    expect(await ask(answers(200, other + line(text)))).toEqual({
      kind: 'cosigned',
      line: line(text),
      timestamp: 1_700_000_000,
    });
  });

  it('and claims a larger size without showing anything is only claimed to dispute', async () => {
    expect(await ask(answers(409, '999999\n'))).toEqual({ kind: 'disputed', size: 999_999 });
  });

  it('and shows a checkpoint that the log never signed as evidence is not believed', async () => {
    const forged = new TestLog(log.origin).grow(99).signed();
    const reply: RequestListener = (request, response) =>
      answers(request.method === 'POST' ? 409 : 200, request.method === 'POST' ? '99\n' : forged)(
        request,
        response,
      );
    expect(await ask(reply)).toEqual({ kind: 'disputed', size: 99 });
  });

  it('and denies what the log proves, showing a part of it, is only claimed to dispute', async () => {
    const part = new TestLog(log.origin, log.signers).grow(4).signed();
    const reply: RequestListener = (request, response) =>
      answers(request.method === 'POST' ? 422 : 200, part)(request, response);
    expect(await ask(reply)).toEqual({ kind: 'disputed', size: 10 });
  });

  it.each([
    ['names one size after another', (size: number) => `${size % 9}\n`, /named another size 4 times/],
    ['contradicts itself', () => '10\n', /says that 10 is not 10/],
    ['names no size', () => 'ten\n', /answers 409: ten/],
  ])('and %s is given up', async (_name, body, reason) => {
    expect(await ask((request, response) => answers(409, body(requests))(request, response))).toEqual({
      kind: 'failed',
      reason: expect.stringMatching(reason),
    });
    expect(requests).toBeLessThan(6);
  });

  it('and never answers, or never ends, is left in time', async () => {
    expect(await ask(() => undefined, AbortSignal.timeout(200))).toMatchObject({ kind: 'failed' });
    server.closeAllConnections();
    const endless: RequestListener = (_request, response) => {
      response.writeHead(200);
      const more = () => {
        while (!response.destroyed && response.write('— w.example AAAA\n'.repeat(1000)));
      };
      response.on('drain', more);
      more();
    };
    expect(await ask(endless)).toEqual({
      kind: 'failed',
      reason: 'its answer is longer than 65536 bytes',
    });
  });

  it('and leads elsewhere is not followed', async () => {
    const elsewhere = answers(307, '', { location: '/elsewhere' });
    expect(await ask(elsewhere)).toMatchObject({ kind: 'failed' });
    expect(requests).toBe(1);
  });

  it('and is not there is a failure', async () => {
    await ask(answers(200, ''));
    const { port } = server.address() as AddressInfo;
    await new Promise((resolve) => server.close(resolve));
    const gone = await cosign({ key: verifier, url: `http://127.0.0.1:${port}` }, witnessed(log), 0, soon());
    expect(gone).toEqual({ kind: 'failed', reason: expect.stringContaining('ECONNREFUSED') });
  });
});
