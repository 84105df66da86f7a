import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { rmSync } from 'node:fs';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { Clock, Database, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect, testDatabase, type TestDatabase } from '#kernel/testing';
import { generateKeyring } from '#vault';
import { backUp } from '../../testing/backup.js';
import { TestWitness } from '../../testing/test-witness.js';
import { bootAudit } from '../../testing/things.js';
import { LogStore } from '../log-store.js';
import { openCheckpoint } from '../note/checkpoint.js';
import { cosigner, noteSigner, noteVerifier, parseVkey } from '../note/key.js';
import { parseNote, signatureLine } from '../note/note.js';
import { verifyTlogProof } from '../note/tlog-proof.js';
import { PublishedLog } from '../published-log.js';
import { MEMORY_FILE_NAME } from '../restore/checkpoint-memory.js';
import { Sequencer } from '../sequencer/sequencer.js';
import { CollectCosignatures } from './collect-cosignatures.js';
import { Publication } from './publication.js';
import { WitnessStates } from './witness-states.js';

const ORIGIN = 'log.example/v1/log';
const keyring = generateKeyring();
const vkeyOf = (origin: string) =>
  noteSigner(origin, createPrivateKey({ key: keyring.logKeys[0]?.privateKey as never, format: 'jwk' })).vkey;

describeOnEveryDialect('the witnesses of a log', (dialect) => {
  let database: TestDatabase;
  let app: BootedModule;
  let witness: TestWitness;
  let liar: Server | undefined;

  beforeEach(async () => {
    database = await testDatabase(dialect);
    witness = await TestWitness.start([vkeyOf(ORIGIN)]);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await app.close({ keepDatabase: true });
    await database.remove();
    await witness.stop();
    liar?.closeAllConnections();
    liar?.close();
  });

  const boot = (witnesses: readonly string[], at = database) =>
    bootAudit(dialect, at, {
      KEYRING: JSON.stringify(keyring),
      LOG_ORIGIN: ORIGIN,
      LOG_WITNESSES: witnesses.join('\n'),
    });
  /** So many entries, each sequenced by itself. */
  const grow = async (count = 1) => {
    for (let index = 0; index < count; index += 1) {
      await app.get(UnitOfWork).run({ action: 'thing.act' }, async () => undefined);
      await app.get(Sequencer).drain();
    }
    return (await app.get(LogStore).current())?.size ?? 0;
  };
  const collect = (by = app) => by.get(CollectCosignatures).collect();
  const served = async (log = 1) => {
    const note = await app.get(PublishedLog).checkpoint(log);
    const logKeys = [parseVkey(vkeyOf(log === 1 ? ORIGIN : `${ORIGIN}/${log}`))];
    const { checkpoint, cosignatures } = openCheckpoint(note, {
      logKeys,
      witnessKeys: [parseVkey(witness.vkey)],
    });
    const others = parseNote(note).signatures.length - 1 - cosignatures.length;
    return { size: checkpoint.size, cosignatures: cosignatures.length, others };
  };
  const states = () => app.get(WitnessStates).of(1);
  const later = (ms: number) =>
    vi.spyOn(app.get(Clock), 'now').mockImplementation(() => new Date(Date.now() + ms));
  const posts = () => witness.lines.filter((line) => line.startsWith('POST'));
  const query = (sql: string) => app.get(Database).query(sql);
  const disputes = async () =>
    (await query(`SELECT details FROM audit_entry WHERE action = 'audit.witness_dispute' ORDER BY id`)).map(
      ({ details }) => JSON.parse(String(details)) as Record<string, unknown>,
    );
  const events = async (type: string) =>
    (await query(`SELECT payload FROM outbox_message WHERE type = '${type}'`)).map(
      ({ payload }) => JSON.parse(String(payload)) as Record<string, unknown>,
    );
  const lyingWitness = async (listener: RequestListener) => {
    const key = generateKeyPairSync('ed25519');
    const server = createServer(listener);
    liar = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { vkey } = noteVerifier('liar.example', key.publicKey, 'cosignature');
    return {
      setting: `http://127.0.0.1:${(server.address() as AddressInfo).port} ${vkey}`,
      sign: (body: string, at: number) =>
        signatureLine(
          parseNote(body.slice(body.indexOf('\n\n') + 2)).text,
          cosigner('liar.example', key.privateKey, () => at),
        ),
    };
  };

  it('cosign what is served and what proofs end in, while the log goes on', async () => {
    app = await boot([witness.setting]);
    await collect();
    const first = await grow(3);
    const old = await app.get(LogStore).log(1);
    await collect();
    expect(await served()).toEqual({ size: first, cosignatures: 1, others: 0 });
    // Newer checkpoints are served when the witness had its time; the entries have their proofs at once.
    const second = await grow(300);
    expect(await served()).toMatchObject({ size: first, cosignatures: 1 });
    const proofs = async () => {
      const rows = await query('SELECT id, leaf_index AS leaf FROM audit_entry ORDER BY leaf_index');
      return Promise.all(
        [rows[0], rows.at(-1)].map(async (row) => {
          const { leaf, proof } = await app.get(PublishedLog).proofOf(String(row?.['id']));
          const trusted = { logKeys: [parseVkey(vkeyOf(ORIGIN))], witnessKeys: [parseVkey(witness.vkey)] };
          const verdict = verifyTlogProof({ leaf, proof, ...trusted });
          return verdict.valid && [verdict.checkpoint.size, verdict.cosignatures.length];
        }),
      );
    };
    expect(await proofs()).toEqual([
      [first, 1],
      [second, 0],
    ]);
    await collect();
    expect(await served()).toEqual({ size: second, cosignatures: 1, others: 0 });
    expect(await proofs()).toEqual([
      [second, 1],
      [second, 1],
    ]);
    await collect();
    expect(posts()).toEqual(['POST /add-checkpoint 200', 'POST /add-checkpoint 200']);
    // A process that was paused for long wakes up.
    if (old) await app.get(Publication).publish(old);
    expect(await served()).toEqual({ size: second, cosignatures: 1, others: 0 });
    expect(await query('SELECT COUNT(*) AS n FROM audit_cosignature')).toEqual([
      { n: expect.toSatisfy((n) => Number(n) === 1) },
    ]);
  });

  it('are asked by one process of several, and only as much as there is to ask', async () => {
    app = await boot([witness.setting]);
    const other = await boot([witness.setting]);
    try {
      await grow();
      await collect();
      await collect(other);
      const before = posts().length;
      for (let round = 1; round <= 3; round += 1) {
        const size = await grow();
        await Promise.all([collect(), collect(other), collect(other)]);
        await Promise.all([collect(), collect(other)]);
        expect(await served()).toEqual({ size, cosignatures: 1, others: 0 });
        expect(posts()).toHaveLength(before + round);
      }
    } finally {
      await other.close({ keepDatabase: true });
    }
  });

  it('may be away: the log and what is served go on, and the witness catches up when it is back', async () => {
    app = await boot([witness.setting]);
    await grow();
    await collect();
    const { dir, port } = witness;
    await witness.stop({ keepFiles: true });
    const size = await grow(2);
    await collect();
    expect(await served()).toEqual({ size, cosignatures: 0, others: 0 });
    expect(await states()).toMatchObject([
      { failures: 1, disputedSize: null, failingSince: expect.any(Date) },
    ]);
    // It is not asked again before its time, and nothing waits for it.
    const next = await grow();
    const began = performance.now();
    await collect();
    expect(performance.now() - began).toBeLessThan(1_000);
    expect(await served()).toMatchObject({ size: next, cosignatures: 0 });
    expect(await states()).toMatchObject([{ failures: 1 }]);

    witness = await TestWitness.start([vkeyOf(ORIGIN)], dir, { port });
    later(3_000);
    await collect();
    expect(await served()).toEqual({ size: next, cosignatures: 1, others: 0 });
    expect(await states()).toMatchObject([{ size: next, failures: 0, failingSince: null }]);
  });

  it('may know a later checkpoint than this database remembers of them, as after a lost answer', async () => {
    app = await boot([witness.setting]);
    await grow(2);
    await collect();
    await app
      .get(UnitOfWork)
      .run({ action: 'test', recorded: false }, async (unit) =>
        unit.append('UPDATE audit_witness SET size = 0', []),
      );
    const size = await grow(2);
    await collect();
    expect(posts().at(-2)).toBe('POST /add-checkpoint 409');
    expect(await served()).toEqual({ size, cosignatures: 1, others: 0 });
  });

  const year2100 = 4_102_444_800;
  const lies: [string, (sign: (body: string, at: number) => string) => RequestListener][] = [
    ['garbage', () => (_request, response) => response.end('— liar.example AAAAAAAA\n')],
    [
      'another key',
      () => (_request, response) => {
        const stranger = cosigner(
          'liar.example',
          generateKeyPairSync('ed25519').privateKey,
          () => 1_700_000_000,
        );
        response.end(signatureLine('a\n1\nb\n', stranger));
      },
    ],
    ['no time', (sign) => withBody((body, response) => response.end(sign(body, 0)))],
    ['a time to come', (sign) => withBody((body, response) => response.end(sign(body, year2100)))],
    [
      'no end',
      () => (_request, response) => {
        const more = () => {
          while (!response.destroyed && response.write('— liar.example AAAA\n'.repeat(1000)));
        };
        response.on('drain', more);
        more();
      },
    ],
    ['silence', () => () => undefined],
  ];
  it.each(lies)(
    'may answer with %s: the honest one counts all the same',
    async (_name, lie) => {
      let signer = (_body: string, _at: number) => '';
      const { setting, sign } = await lyingWitness((...parameters) =>
        lie((body, at) => signer(body, at))(...parameters),
      );
      signer = sign;
      app = await boot([setting, witness.setting]);
      const size = await grow(2);
      const began = performance.now();
      await collect();
      expect(performance.now() - began).toBeLessThan(3_500);
      expect(await served()).toEqual({ size, cosignatures: 1, others: 0 });
      const next = await grow();
      await collect();
      expect(await served()).toEqual({ size: next, cosignatures: 1, others: 0 });
      await vi.waitFor(
        async () =>
          expect(await states()).toMatchObject([
            { size: 0, failures: 1 },
            { size: next, failures: 0 },
          ]),
        6_000,
      );
      expect([await disputes(), await app.get(LogStore).current()]).toMatchObject([[], { number: 1 }]);
    },
    15_000,
  );

  it('may be slow: what they sign late is served with what is still served', async () => {
    const { setting, sign } = await lyingWitness(
      withBody((body, response) => {
        setTimeout(() => response.end(sign(body, 1_700_000_000)), 2_500);
      }),
    );
    app = await boot([setting, witness.setting]);
    const size = await grow();
    await collect();
    expect(await served()).toEqual({ size, cosignatures: 1, others: 0 });
    await vi.waitFor(async () => expect(await served()).toEqual({ size, cosignatures: 1, others: 1 }), {
      timeout: 3_000,
      interval: 50,
    });
  });

  it('are not waited for when the process stops, and that is not held against them', async () => {
    const { setting } = await lyingWitness(() => undefined);
    app = await boot([setting]);
    await grow();
    const collecting = collect();
    await vi.waitFor(async () => expect((await states())[0]?.nextAt.getTime()).toBeGreaterThan(Date.now()));
    const began = performance.now();
    await app.close({ keepDatabase: true });
    await collecting.catch(() => undefined);
    expect(performance.now() - began).toBeLessThan(1_500);
    app = await boot([setting]);
    expect(await states()).toMatchObject([{ failures: 0, failingSince: null }]);
  });

  it('are asked again when a clock that was wrong is right again', async () => {
    app = await boot([witness.setting]);
    later(3_600_000);
    await grow();
    await collect();
    vi.restoreAllMocks();
    const size = await grow();
    await collect();
    expect(await served()).toEqual({ size, cosignatures: 1, others: 0 });
  });

  it('may only say that they saw another history: it is told once, and the log goes on', async () => {
    const { setting } = await lyingWitness((_request, response) => response.writeHead(409).end('999999\n'));
    app = await boot([setting, witness.setting]);
    const size = await grow();
    await collect();
    const facts = { logNumber: 1, size, witness: 'liar.example', witnessSize: 999_999, isProven: false };
    expect(await disputes()).toEqual([facts]);
    expect(await events('audit.witness_disputed')).toEqual([facts]);
    expect(await states()).toMatchObject([{ disputedSize: 999_999 }, { disputedSize: null }]);
    later(400_000);
    const next = await grow();
    await collect();
    expect(await states()).toMatchObject([{ failures: 2 }, { size: next }]);
    expect(await disputes()).toHaveLength(1);
    expect(await app.get(LogStore).current()).toMatchObject({ number: 1 });
  });

  it('find out that an old database was restored, and prove it: a new log begins, which they have to be told of', async () => {
    app = await boot([witness.setting]);
    await grow(2);
    await collect();
    await app.close({ keepDatabase: true });
    const backup = await backUp(database);
    app = await boot([witness.setting]);
    const lostSize = await grow(5);
    const lost = (await app.get(LogStore).current())?.checkpoint ?? '';
    await collect();
    await app.close({ keepDatabase: true });
    rmSync(join(database.dataDir, MEMORY_FILE_NAME));

    const restored = await backup.restore();
    app = await boot([witness.setting], restored);
    const size = (await app.get(LogStore).current())?.size ?? 0;
    expect(size).toBeLessThan(lostSize);
    await collect();
    expect(await app.get(LogStore).current()).toMatchObject({ number: 2, previous: lost });
    const facts = {
      logNumber: 1,
      size,
      witness: 'witness.example/w1',
      witnessSize: lostSize,
      isProven: true,
    };
    expect(await disputes()).toEqual([{ ...facts, evidence: lost }]);
    expect(await events('audit.witness_disputed')).toEqual([facts]);
    expect(await events('audit.log_restarted')).toMatchObject([
      { previousSize: lostSize, shortfall: 'shorter' },
    ]);

    const second = await grow();
    await collect();
    expect(await served(2)).toEqual({ size: second, cosignatures: 0, others: 0 });
    expect(await served(1)).toEqual({ size, cosignatures: 0, others: 0 });
    const { dir, port } = witness;
    await witness.stop({ keepFiles: true });
    witness = await TestWitness.start([vkeyOf(ORIGIN), vkeyOf(`${ORIGIN}/2`)], dir, { port });
    later(10_000);
    await collect();
    expect(await served(2)).toEqual({ size: second, cosignatures: 1, others: 0 });
    expect(await disputes()).toHaveLength(1);
  });

  it('find out that the log was rewritten and signed again', async () => {
    app = await boot([witness.setting]);
    const size = await grow(3);
    await collect();
    await app.close({ keepDatabase: true });
    // Somebody else, with the same key, makes another log of the same name from nothing.
    const forked = await testDatabase(dialect);
    app = await boot([witness.setting], forked);
    await grow(size + 3);
    await collect();
    expect(await disputes()).toMatchObject([{ witnessSize: size, isProven: true }]);
    expect(await events('audit.log_restarted')).toMatchObject([
      { previousSize: size, shortfall: 'different' },
    ]);
    await app.close({ keepDatabase: true });
    await forked.remove();
    app = await boot([witness.setting]);
    await grow();
    await collect();
    expect(await served()).toMatchObject({ cosignatures: 1 });
  });

  it('may be configured later, or no longer: what is served never shrinks', async () => {
    app = await boot([]);
    const size = await grow(3);
    await collect();
    expect(await served()).toEqual({ size, cosignatures: 0, others: 0 });
    await app.close({ keepDatabase: true });
    app = await boot([witness.setting]);
    expect(await served()).toMatchObject({ size });
    await collect();
    expect(await served()).toEqual({ size, cosignatures: 1, others: 0 });
    await app.close({ keepDatabase: true });
    app = await boot([]);
    const next = await grow();
    await collect();
    expect(await served()).toEqual({ size: next, cosignatures: 0, others: 0 });
    expect(await states()).toEqual([]);
  });
});

const withBody =
  (answer: (body: string, response: Parameters<RequestListener>[1]) => void): RequestListener =>
  (request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => answer(body, response));
  };
