import { generateKeyPairSync } from 'node:crypto';
import { rmSync } from 'node:fs';
import type { RequestListener } from 'node:http';
import { join } from 'node:path';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it, vi } from 'vitest';
import { describeOnEveryDialect, testDatabase } from '#kernel/testing';
import { backUp } from '../../testing/backup.js';
import { TestWitness } from '../../testing/test-witness.js';
import { ORIGIN, vkeyOf, witnessedAudit } from '../../testing/witnessed-audit.js';
import { LogStore } from '../log-store.js';
import { cosigner } from '../note/key.js';
import { signatureLine } from '../note/note.js';
import { MEMORY_FILE_NAME } from '../restore/checkpoint-memory.js';

setFlagsFromString('--expose-gc');
/** Whoever waits with nothing but a signal that is garbage waits for ever. */
const collectGarbage = runInNewContext('gc') as () => void;

describeOnEveryDialect('witnesses that lie, or find out who does', (dialect) => {
  const at = witnessedAudit(dialect);
  const { boot, grow, collect, served, states, later, disputes, events, lyingWitness } = at;

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
      at.app = await boot([setting, at.witness.setting]);
      const size = await grow(2);
      await collect();
      expect(await served()).toEqual({ size, cosignatures: 1, others: 0 });
      const next = await grow();
      await collect();
      expect(await served()).toEqual({ size: next, cosignatures: 1, others: 0 });
      await vi.waitFor(async () => {
        collectGarbage();
        expect(await states()).toMatchObject([
          { size: 0, failures: expect.toSatisfy((count) => count > 0) },
          { size: next, failures: 0 },
        ]);
      }, 20_000);
      expect([await disputes(), await at.app.get(LogStore).current()]).toMatchObject([[], { number: 1 }]);
    },
    40_000,
  );

  it('may be slow: what they sign late is served with what is still served', async () => {
    const { setting, sign } = await lyingWitness(
      withBody((body, response) => {
        setTimeout(() => response.end(sign(body, 1_700_000_000)), 2_500);
      }),
    );
    at.app = await boot([setting, at.witness.setting]);
    const size = await grow();
    await collect();
    expect(await served()).toEqual({ size, cosignatures: 1, others: 0 });
    await vi.waitFor(async () => expect(await served()).toEqual({ size, cosignatures: 1, others: 1 }), {
      timeout: 15_000,
      interval: 50,
    });
  });

  it('may only say that they saw another history: it is told once, and the log goes on', async () => {
    const { setting } = await lyingWitness((_request, response) => response.writeHead(409).end('999999\n'));
    at.app = await boot([setting, at.witness.setting]);
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
    expect(await at.app.get(LogStore).current()).toMatchObject({ number: 1 });
  });

  it('find out that an old database was restored, and prove it: a new log begins, which they have to be told of', async () => {
    at.app = await boot([at.witness.setting]);
    await grow(2);
    await collect();
    await at.app.close({ keepDatabase: true });
    const backup = await backUp(at.database);
    at.app = await boot([at.witness.setting]);
    const lostSize = await grow(5);
    const lost = (await at.app.get(LogStore).current())?.checkpoint ?? '';
    await collect();
    await at.app.close({ keepDatabase: true });
    rmSync(join(at.database.dataDir, MEMORY_FILE_NAME));

    const restored = await backup.restore();
    at.app = await boot([at.witness.setting], restored);
    const size = (await at.app.get(LogStore).current())?.size ?? 0;
    expect(size).toBeLessThan(lostSize);
    await collect();
    expect(await at.app.get(LogStore).current()).toMatchObject({ number: 2, previous: lost });
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
    const { dir, port } = at.witness;
    await at.witness.stop({ keepFiles: true });
    at.witness = await TestWitness.start([vkeyOf(ORIGIN), vkeyOf(`${ORIGIN}/2`)], dir, { port });
    later(10_000);
    await collect();
    expect(await served(2)).toEqual({ size: second, cosignatures: 1, others: 0 });
    expect(await disputes()).toHaveLength(1);
  });

  it('find out that the log was rewritten and signed again', async () => {
    at.app = await boot([at.witness.setting]);
    const size = await grow(3);
    await collect();
    await at.app.close({ keepDatabase: true });
    // Somebody else, with the same key, makes another log of the same name from nothing.
    const forked = await testDatabase(dialect);
    at.app = await boot([at.witness.setting], forked);
    await grow(size + 3);
    await collect();
    expect(await disputes()).toMatchObject([{ witnessSize: size, isProven: true }]);
    expect(await events('audit.log_restarted')).toMatchObject([
      { previousSize: size, shortfall: 'different' },
    ]);
    await at.app.close({ keepDatabase: true });
    await forked.remove();
    at.app = await boot([at.witness.setting]);
    await grow();
    await collect();
    expect(await served()).toMatchObject({ cosignatures: 1 });
  });
});

const withBody =
  (answer: (body: string, response: Parameters<RequestListener>[1]) => void): RequestListener =>
  (request, response) => {
    let body = '';
    request.on('data', (part: Buffer) => (body += part.toString()));
    request.on('end', () => answer(body, response));
  };
