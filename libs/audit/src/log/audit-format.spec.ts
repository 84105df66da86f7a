import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { MemoryTiles } from '../testing/memory-tiles.js';
import * as page from '../testing/page-verifier.js';
import { decodeBundle, encodeBundle } from './leaf/bundle.js';
import { leafOf, originLeaf, parseLeaf } from './leaf/leaf.js';
import { payloadHash, payloadOf } from './leaf/payload.js';
import { formatCheckpoint, openCheckpoint, signCheckpoint } from './note/checkpoint.js';
import { cosigner, noteSigner, parseVkey } from './note/key.js';
import { addSignatures, signatureLine } from './note/note.js';
import { formatTlogProof, verifyTlogProof } from './note/tlog-proof.js';
import { GrowingTree } from './tree/growing-tree.js';
import { tileHashReader } from './tree/hash-reader.js';
import { hashLeaf } from './tree/hash.js';
import { consistencyProof, inclusionProof, verifyConsistency } from './tree/proof.js';

const PAGE = readFileSync(new URL('../../../../docs/audit-format.md', import.meta.url), 'utf8');
const ORIGIN = 'example.com/steward';

// RFC 8032, 7.1, tests 1 and 2.
const log = noteSigner(ORIGIN, keyOf('9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60'));
const witness = cosigner(
  'witness.example/w1',
  keyOf('4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb'),
  () => 1_767_323_046,
);

/** The block of the page's example with this name. */
function example(name: string): string {
  const [, text] = new RegExp(`^\`\`\`text ${name}\n([^]*?)\n\`\`\`$`, 'm').exec(PAGE) ?? [];
  if (text === undefined) throw new Error(`The page has no example ${name}`);
  return text;
}

const lines = (name: string) => `${example(name)}\n`;

/** An entry of the example as the database has it. */
function stored(number: number): page.StoredEntry {
  const { audit_entry_subject, row_change, ...columns } = JSON.parse(example(`entry-${number}`));
  return { columns, subjects: audit_entry_subject, changes: row_change };
}

const entries = [0, 1, 2].map(stored);
const leaves = [0, 1, 2].map((number) => Buffer.from(example(`leaf-${number}`)));

describe('the example of the page', () => {
  it.each([0, 1, 2])('has the payload and the leaf of entry %i as they are written', (number) => {
    const { columns: row, subjects, changes } = entries[number]!;
    const payload = payloadOf(
      {
        errorCode: row['error_code']!,
        sessionId: row['session_id']!,
        requestId: row['request_id']!,
        traceId: row['trace_id']!,
        purpose: row['purpose']!,
        details: row['details']!,
        subjectId: row['subject_id']!,
        addressSubjectId: row['address_subject_id']!,
        clientAddress: row['client_address'] ? Buffer.from(row['client_address'], 'hex') : null,
      },
      subjects,
      changes.map((change) => ({
        id: change['id']!,
        tableName: change['table_name']!,
        rowId: change['row_id']!,
        operation: change['operation']!,
        beforeImage: change['before_image']!,
        afterImage: change['after_image']!,
        databaseUser: change['database_user']!,
        changedAt: change['changed_at']!,
      })),
    );
    expect(payload.toString()).toBe(example(`payload-${number}`));
    expect(payloadHash(Buffer.from(row['salt']!, 'hex'), payload)).toBe(row['payload_hash']);
    const leaf = leafOf({
      id: row['id']!,
      occurredAt: row['occurred_at']!,
      action: row['action']!,
      outcome: row['outcome']!,
      actorKind: row['actor_kind']!,
      actorId: row['actor_id']!,
      resourceType: row['resource_type']!,
      resourceId: row['resource_id']!,
      payloadHash: row['payload_hash']!,
    });
    expect(leaf.toString()).toBe(example(`leaf-${number}`));
    expect(parseLeaf(leaf)).toMatchObject({ type: 'entry', id: row['id'] });
    expect(hashLeaf(leaf).toString('hex')).toBe(example(`leaf-hash-${number}`));
  });

  it('has the bundle, the tile, the keys, the checkpoints and the proofs as they are written', async () => {
    const bundle = encodeBundle(leaves);
    expect(bundle.toString('hex').startsWith(example('bundle-start'))).toBe(true);
    expect(decodeBundle(bundle)).toEqual(leaves);
    expect([log.vkey, witness.vkey]).toEqual([example('log-key'), example('witness-key')]);

    const tree = new GrowingTree();
    const tiles = new MemoryTiles();
    tiles.store(tree.append(leaves.slice(0, 2).map(hashLeaf)));
    const two = { origin: ORIGIN, size: 2, root: tree.root() };
    tiles.store(tree.append(leaves.slice(2).map(hashLeaf)));
    const three = { origin: ORIGIN, size: 3, root: tree.root() };
    expect(tiles.get({ level: 0, index: 0 }).toString('hex')).toBe(
      [0, 1, 2].map((number) => example(`leaf-hash-${number}`)).join(''),
    );
    const checkpoint = addSignatures(signCheckpoint(three, [log]), [
      signatureLine(formatCheckpoint(three), witness),
    ]);
    expect(signCheckpoint(two, [log])).toBe(lines('checkpoint-2'));
    expect(checkpoint).toBe(lines('checkpoint'));

    const read = tileHashReader(3, tiles.read);
    const hashes = await inclusionProof(1, 3, read);
    expect(formatTlogProof({ index: 1, hashes, checkpoint })).toBe(lines('proof-1'));
    const growth = await consistencyProof(2, 3, read);
    expect(growth.map((hash) => `${hash.toString('base64')}\n`).join('')).toBe(lines('consistency-2-3'));
    expect(originLeaf({ previous: checkpoint, startedAt: '2026-01-03 10:00:00' }).toString()).toBe(
      example('origin-leaf'),
    );
  });

  it('verifies', () => {
    const logKeys = [parseVkey(example('log-key'))];
    const witnessKeys = [parseVkey(example('witness-key'))];
    const trusted = { logKeys, witnessKeys, quorum: 1 };
    expect(verifyTlogProof({ leaf: leaves[1]!, proof: lines('proof-1'), ...trusted }).valid).toBe(true);
    expect(verifyTlogProof({ leaf: leaves[0]!, proof: lines('proof-1'), ...trusted }).valid).toBe(false);
    const [two, three] = ['checkpoint-2', 'checkpoint'].map(
      (name) => openCheckpoint(lines(name), trusted).checkpoint,
    );
    const proof = example('consistency-2-3')
      .split('\n')
      .map((line) => Buffer.from(line, 'base64'));
    const growth = { oldSize: 2, oldRoot: two!.root, newSize: 3, newRoot: three!.root, proof };
    expect(verifyConsistency(growth)).toBe(true);
  });
});

describe('a verifier written from the page alone', () => {
  it('agrees with the example', () => {
    for (const [number, entry] of entries.entries()) {
      expect(page.payloadText(entry)).toBe(example(`payload-${number}`));
      expect(page.leafText(entry)).toBe(example(`leaf-${number}`));
    }
    const { size, root, witnesses } = page.readCheckpoint(lines('checkpoint'), example('log-key'), [
      example('witness-key'),
    ]);
    expect([size, root, witnesses]).toEqual([3, page.rootOf(leaves), [1_767_323_046]]);
    expect(page.checkProof(leaves[1]!, lines('proof-1'), example('log-key'))).toBe(3);
    const former = page.readCheckpoint(lines('checkpoint-2'), example('log-key'));
    expect(former.root).toEqual(page.rootOf(leaves.slice(0, 2)));
    page.checkGrowth(2, former.root, 3, root, example('consistency-2-3').split('\n'));
    const origin = JSON.parse(example('origin-leaf')) as { previous: string };
    expect(page.readCheckpoint(origin.previous, example('log-key')).size).toBe(3);
  });

  it('agrees with every log that is made, and with no changed one', async () => {
    const signer = noteSigner('log', generateKeyPairSync('ed25519').privateKey);
    const data = Array.from({ length: 300 }, (_, i) => Buffer.from(`leaf ${i}`));
    const whole = fc.integer({ min: 2, max: data.length });
    const parts = whole.chain((size) =>
      fc.tuple(fc.constant(size), fc.nat(size - 1), fc.integer({ min: 1, max: size - 1 })),
    );
    const tiles = new MemoryTiles();
    tiles.store(new GrowingTree().append(data.map(hashLeaf)));
    await fc.assert(
      fc.asyncProperty(parts, fc.nat(), async ([size, index, former], where) => {
        const read = tileHashReader(size, tiles.read);
        const root = page.rootOf(data.slice(0, size));
        const checkpoint = signCheckpoint({ origin: 'log', size, root }, [signer]);
        const hashes = await inclusionProof(index, size, read);
        const proof = formatTlogProof({ index, hashes, checkpoint });
        expect(page.checkProof(data[index]!, proof, signer.vkey)).toBe(size);
        expect(() => page.checkProof(data[(index + 1) % size]!, proof, signer.vkey)).toThrow();

        const growth = (await consistencyProof(former, size, read)).map((hash) => hash.toString('base64'));
        const formerRoot = page.rootOf(data.slice(0, former));
        page.checkGrowth(former, formerRoot, size, root, growth);
        const bent = growth.with(where % growth.length, formerRoot.toString('base64'));
        if (bent.join() !== growth.join()) {
          expect(() => page.checkGrowth(former, formerRoot, size, root, bent)).toThrow();
        }
      }),
    );
  });
});

function keyOf(seed: string) {
  const key = Buffer.from(`302e020100300506032b657004220420${seed}`, 'hex');
  return createPrivateKey({ key, format: 'der', type: 'pkcs8' });
}
