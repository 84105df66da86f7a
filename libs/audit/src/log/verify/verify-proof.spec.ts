import { writeFileSync } from 'node:fs';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { LogFiles } from '../../testing/log-files.js';
import { newSigner, TestLog } from '../../testing/test-log.js';
import { cosigner } from '../note/key.js';
import { addSignatures, parseNote, signatureLine } from '../note/note.js';
import { formatTlogProof } from '../note/tlog-proof.js';
import { inclusionProof } from '../tree/proof.js';
import { tileHashReader } from '../tree/hash-reader.js';
import { generateKeyPairSync } from 'node:crypto';
import { verifyAudit } from './verify-audit.js';

let files: LogFiles;
beforeEach(() => {
  files = new LogFiles();
});
afterEach(() => files.remove());

const INDEX = 300;

async function proofOf(log: TestLog, checkpoint = log.signed()): Promise<string> {
  const hashes = await inclusionProof(INDEX, log.size, tileHashReader(log.size, log.tiles.read));
  return formatTlogProof({ index: INDEX, hashes, checkpoint });
}

function save(proof: string, leaf: Uint8Array | string) {
  writeFileSync(files.path('proof'), proof);
  writeFileSync(files.path('leaf'), leaf);
  return { proof: files.path('proof'), leaf: files.path('leaf') };
}

it('holds for its leaf, given as it is or in base64, or in the JSON of the API', async () => {
  const log = new TestLog().grow(700);
  const proof = await proofOf(log);
  const leaf = Buffer.from(log.data[INDEX]!);
  for (const request of [save(proof, leaf), save(proof, `${leaf.toString('base64')}\n`)]) {
    const verdict = await verifyAudit({ ...request, key: log.vkeys });
    expect(verdict.report).toContain(`the leaf is entry ${INDEX} of log.example`);
    expect(verdict.exitCode).toBe(0);
  }
  const json = save(JSON.stringify({ leaf: leaf.toString('base64'), proof }), '');
  expect(await verifyAudit({ proof: json.proof, key: log.vkeys })).toMatchObject({ exitCode: 0 });
});

it('does not hold for another leaf, under another key, or when it is no proof', async () => {
  const log = new TestLog().grow(700);
  const other = save(await proofOf(log), log.data[INDEX + 1]!);
  expect(await verifyAudit({ ...other, key: log.vkeys })).toEqual({
    exitCode: 1,
    report: expect.stringMatching(
      /- proof: The proof in .* does not hold: The leaf is not what the log has at index 300/,
    ),
  });
  const right = save(await proofOf(log), log.data[INDEX]!);
  expect(await verifyAudit({ ...right, key: [newSigner('log.example').vkey] })).toEqual({
    exitCode: 1,
    report: expect.stringContaining('No trusted key signed the note'),
  });
  expect(await verifyAudit({ ...save('nothing', 'x'), key: log.vkeys })).toMatchObject({ exitCode: 1 });
  expect(await verifyAudit(right)).toMatchObject({ exitCode: 2, report: expect.stringContaining('--key') });
});

it('holds with as many witnesses as are asked for, and is checked beside its log', async () => {
  const log = new TestLog().grow(700);
  const witnesses = ['w1.example', 'w2.example', 'w3.example'].map((name) =>
    cosigner(name, generateKeyPairSync('ed25519').privateKey, () => 1_800_000_000),
  );
  const signed = log.signed();
  const lines = witnesses.slice(1).map((witness) => signatureLine(parseNote(signed).text, witness));
  log.checkpoint = async () => Buffer.from(addSignatures(signed, lines));
  const request = {
    ...save(await proofOf(log, addSignatures(signed, lines)), log.data[INDEX]!),
    key: log.vkeys,
    witness: witnesses.map(({ vkey }) => vkey),
  };
  const two = await verifyAudit({ ...request, quorum: 2 });
  expect(two).toEqual({ exitCode: 0, report: expect.stringContaining('cosigned by 2 witnesses') });
  expect(await verifyAudit({ ...request, quorum: 3 })).toMatchObject({ exitCode: 1 });
  await files.write(log);
  const beside = await verifyAudit({ ...request, dir: files.path('log'), quorum: 2 });
  expect(beside.report).toMatch(/Cosigned by {2}w2\.example\+.* at 2027-01-15T08:00:00\.000Z/);
  expect(beside.exitCode).toBe(0);
  const three = await verifyAudit({ ...request, dir: files.path('log'), quorum: 3 });
  const words = /2 known witnesses cosigned the checkpoint, not 3; missing: w1\.example\./;
  expect(three.report).toMatch(words);
  // Whoever names witnesses wants all of them, unless told otherwise.
  const all = await verifyAudit({ ...request, dir: files.path('log') });
  expect(all).toMatchObject({ exitCode: 1, report: expect.stringMatching(/2 things are wrong/) });
  expect(all.report.match(new RegExp(words, 'g'))).toHaveLength(2);
  expect(await verifyAudit({ ...request, witness: request.witness.slice(1) })).toMatchObject({ exitCode: 0 });

  const wrong = signatureLine(log.grow(1).signed().split('\n\n')[0] + '\n', witnesses[0]!);
  log.checkpoint = async () => Buffer.from(addSignatures(signed, [...lines, wrong]));
  await files.write(log, 'wrong');
  const { report } = await verifyAudit({
    key: log.vkeys,
    witness: request.witness,
    dir: files.path('wrong'),
  });
  expect(report).toMatch(/- checkpoint: .*The signature of w1\.example\+[0-9a-f]{8} is wrong/);
});
