import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createPrivateKey } from 'node:crypto';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { parseVkey, verifyAudit, verifyTlogProof } from '#audit';
import { newSigner, TestWitness } from '#audit/testing';
import { describeOnEveryDialect } from '#kernel/testing';
import { generateKeyring } from '#vault';
import { logInAsAdministrator } from '../support/people.js';
import { StewardProcess } from '../support/steward-process.js';
import { until } from '../support/until.js';

const ORIGIN = 'log.example/v1/log';
const TOKEN = 'scraper-0123456789abcdef';

describeOnEveryDialect('a witness of the running API', (dialect) => {
  const keyring = generateKeyring();
  const [logKey] = keyring.logKeys;
  const { vkey: logVkey } = newSigner(
    ORIGIN,
    createPrivateKey({ key: logKey?.privateKey as never, format: 'jwk' }),
  );
  let dir: string;
  let witness: TestWitness;
  let steward: StewardProcess;

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'steward-e2e-'));
    witness = await TestWitness.start([logVkey]);
    steward = await StewardProcess.start({
      dialect,
      environment: {
        KEYRING: JSON.stringify(keyring),
        LOG_ORIGIN: ORIGIN,
        LOG_WITNESSES: witness.setting,
        METRICS_TOKEN: TOKEN,
      },
    });
  });
  afterEach(async () => {
    await steward?.stop();
    await witness.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  const get = async (path: string, headers = {}) =>
    (await fetch(`${steward.baseUrl}${path}`, { headers })).text();
  const cosigned = () =>
    until('a cosigned checkpoint', async () => {
      const note = await get('/v1/log/checkpoint');
      return note.match(/^— /gm)?.length === 2 ? note : undefined;
    });

  it('is seen in the checkpoint, in proofs, in readiness and in metrics; a verifier demands it', async () => {
    const administrator = await logInAsAdministrator(steward);
    await cosigned();
    const trusted = { key: [logVkey], witness: [witness.vkey] };
    const url = `${steward.baseUrl}/v1/log`;
    const verdict = await verifyAudit({ url, ...trusted });
    expect(verdict).toMatchObject({ exitCode: 0, report: expect.stringContaining('Cosigned by') });
    const other = witness.vkey.replace('witness.example/w1', 'w2.example');
    expect(await verifyAudit({ url, ...trusted, witness: [other] }).catch(String)).toMatchObject({
      exitCode: 2,
    });

    const { data: page } = await administrator.listAuditEntries({ query: { limit: 1 }, throwOnError: true });
    const [entry] = page.items;
    const proof = await until('a proof that ends in a cosigned checkpoint', async () => {
      const { data } = await administrator.getAuditEntryProof({ path: { id: entry?.id ?? '' } });
      return data?.proof.match(/^— /gm)?.length === 2 ? data : undefined;
    });
    const claim = { leaf: Buffer.from(proof.leaf, 'base64'), proof: proof.proof, quorum: 1 };
    const [logKeys, witnessKeys] = [[parseVkey(logVkey)], [parseVkey(witness.vkey)]];
    expect(verifyTlogProof({ ...claim, logKeys, witnessKeys })).toMatchObject({ valid: true });
    writeFileSync(join(dir, 'proof.json'), JSON.stringify(proof));
    expect(await verifyAudit({ proof: join(dir, 'proof.json'), ...trusted })).toMatchObject({ exitCode: 0 });

    expect(JSON.parse(await get('/health/ready'))).toMatchObject({
      details: { witnesses: { 'witness.example/w1': 'ok' } },
    });
    const metrics = await get('/metrics', { authorization: `Bearer ${TOKEN}` });
    expect(metrics).toMatch(/^steward_witness_failing\{witness="witness.example\/w1"\} 0$/m);
    expect(metrics).toMatch(
      /^steward_http_requests_total\{method="GET",route="\/v1\/log\/checkpoint",status="200"\} \d/m,
    );
  });
});
