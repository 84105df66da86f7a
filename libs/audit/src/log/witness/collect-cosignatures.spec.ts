import { generateKeyPairSync } from 'node:crypto';
import { expect, it, vi } from 'vitest';
import { UnitOfWork } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { TestWitness } from '../../testing/test-witness.js';
import { outside } from '../../testing/things.js';
import { logSigner, ORIGIN, vkeyOf, witnessedAudit } from '../../testing/witnessed-audit.js';
import { LogStore } from '../log-store.js';
import { signCheckpoint } from '../note/checkpoint.js';
import { noteVerifier, parseVkey } from '../note/key.js';
import { verifyTlogProof } from '../note/tlog-proof.js';
import { PublishedLog } from '../published-log.js';
import { DatabaseRecord } from '../verify/record/database-record.js';
import { verifyAudit } from '../verify/verify-audit.js';
import { Publication } from './publication.js';

describeOnEveryDialect('the witnesses of a log', (dialect) => {
  const at = witnessedAudit(dialect);
  const { boot, grow, collect, served, states, later, posts, query, lyingWitness } = at;

  it('cosign what is served and what proofs end in, while the log goes on', async () => {
    at.app = await boot([at.witness.setting]);
    await collect();
    const first = await grow(3);
    const old = await at.app.get(LogStore).log(1);
    await collect();
    expect(await served()).toEqual({ size: first, cosignatures: 1, others: 0 });
    // Newer checkpoints are served when the witness had its time; the entries have their proofs at once.
    const second = await grow(300);
    expect(await served()).toMatchObject({ size: first, cosignatures: 1 });
    const proofs = async () => {
      const rows = await query('SELECT id, leaf_index AS leaf FROM audit_entry ORDER BY leaf_index');
      return Promise.all(
        [rows[0], rows.at(-1)].map(async (row) => {
          const { leaf, proof } = await at.app.get(PublishedLog).proofOf(String(row?.['id']));
          const trusted = { logKeys: [parseVkey(vkeyOf(ORIGIN))], witnessKeys: [parseVkey(at.witness.vkey)] };
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
    if (old) await at.app.get(Publication).publish(old);
    expect(await served()).toEqual({ size: second, cosignatures: 1, others: 0 });
    expect(await query('SELECT COUNT(*) AS n FROM audit_cosignature')).toEqual([
      { n: expect.toSatisfy((n) => Number(n) === 1) },
    ]);
  });

  it('are demanded by whoever verifies the database, on what is served of it', async () => {
    at.app = await boot([at.witness.setting]);
    await grow(3);
    await collect();
    const size = await grow(2);
    const verify = (...witnesses: string[]) =>
      verifyAudit({ key: [vkeyOf(ORIGIN)], witness: witnesses }, { record: at.app.get(DatabaseRecord) });
    const { exitCode, report } = await verify(at.witness.vkey);
    expect(report).toMatch(/Cosigned by +witness\.example\/w1\+.* at 20/);
    expect(report).toMatch(new RegExp(`Checkpoint +${size} entries`));
    expect(report).toMatch(
      /Note +The checkpoint of \d entries that is served is the one that witnesses had time/,
    );
    expect(exitCode).toBe(0);
    const stranger = noteVerifier('w2.example', generateKeyPairSync('ed25519').publicKey, 'cosignature').vkey;
    expect((await verify(at.witness.vkey, stranger)).report).toMatch(
      /1 thing is wrong\.\n- witnesses: 1 known witnesses cosigned the checkpoint, not 2; missing: w2\.example\./,
    );
    const signed = signCheckpoint({ origin: ORIGIN, size: 2, root: Buffer.alloc(32) }, [logSigner(ORIGIN)]);
    await outside(at.database, `UPDATE audit_publication SET size = 2, checkpoint = '${signed}'`);
    expect((await verify(at.witness.vkey)).report).toMatch(
      /- rewritten: The checkpoint of 2 entries that is served is no part/,
    );
  });

  it('are asked by one process of several, and only as much as there is to ask', async () => {
    at.app = await boot([at.witness.setting]);
    const other = await boot([at.witness.setting]);
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
    at.app = await boot([at.witness.setting]);
    await grow();
    await collect();
    const { dir, port } = at.witness;
    await at.witness.stop({ keepFiles: true });
    const size = await grow(2);
    await collect();
    expect(await served()).toEqual({ size, cosignatures: 0, others: 0 });
    expect(await states()).toMatchObject([
      { failures: 1, disputedSize: null, failingSince: expect.any(Date) },
    ]);
    // It is not asked again before its time.
    const next = await grow();
    await collect();
    expect(await served()).toMatchObject({ size: next, cosignatures: 0 });
    expect(await states()).toMatchObject([{ failures: 1 }]);

    at.witness = await TestWitness.start([vkeyOf(ORIGIN)], dir, { port });
    later(3_000);
    await collect();
    expect(await served()).toEqual({ size: next, cosignatures: 1, others: 0 });
    expect(await states()).toMatchObject([{ size: next, failures: 0, failingSince: null }]);
  });

  it('may know a later checkpoint than this database remembers of them, as after a lost answer', async () => {
    at.app = await boot([at.witness.setting]);
    await grow(2);
    await collect();
    await at.app
      .get(UnitOfWork)
      .run({ action: 'test', recorded: false }, async (unit) =>
        unit.append('UPDATE audit_witness SET size = 0', []),
      );
    const size = await grow(2);
    await collect();
    expect(posts().at(-2)).toBe('POST /add-checkpoint 409');
    expect(await served()).toEqual({ size, cosignatures: 1, others: 0 });
  });

  it('are not waited for when the process stops, and that is not held against them', async () => {
    const { setting } = await lyingWitness(() => undefined);
    at.app = await boot([setting]);
    await grow();
    const collecting = collect();
    await vi.waitFor(
      async () => expect((await states())[0]?.nextAt.getTime()).toBeGreaterThan(Date.now()),
      20_000,
    );
    await at.app.close({ keepDatabase: true });
    await collecting.catch(() => undefined);
    at.app = await boot([setting]);
    expect(await states()).toMatchObject([{ failures: 0, failingSince: null }]);
  });

  it('are asked again when a clock that was wrong is right again', async () => {
    at.app = await boot([at.witness.setting]);
    later(3_600_000);
    await grow();
    await collect();
    vi.restoreAllMocks();
    const size = await grow();
    await collect();
    expect(await served()).toEqual({ size, cosignatures: 1, others: 0 });
  });

  it('may be configured later, or no longer: what is served never shrinks', async () => {
    at.app = await boot([]);
    const size = await grow(3);
    await collect();
    expect(await served()).toEqual({ size, cosignatures: 0, others: 0 });
    await at.app.close({ keepDatabase: true });
    at.app = await boot([at.witness.setting]);
    expect(await served()).toMatchObject({ size });
    await collect();
    expect(await served()).toEqual({ size, cosignatures: 1, others: 0 });
    await at.app.close({ keepDatabase: true });
    at.app = await boot([]);
    const next = await grow();
    await collect();
    expect(await served()).toEqual({ size: next, cosignatures: 0, others: 0 });
    expect(await states()).toEqual([]);
  });
});
