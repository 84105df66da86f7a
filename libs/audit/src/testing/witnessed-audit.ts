import { createPrivateKey, generateKeyPairSync } from 'node:crypto';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { afterEach, beforeEach, vi } from 'vitest';
import { Clock, Database, UnitOfWork } from '#kernel';
import { type BootedModule, testDatabase, type TestDatabase, type TestDialect } from '#kernel/testing';
import { generateKeyring } from '#vault';
import { LogStore } from '../log/log-store.js';
import { openCheckpoint } from '../log/note/checkpoint.js';
import { cosigner, noteSigner, noteVerifier, parseVkey } from '../log/note/key.js';
import { parseNote, signatureLine } from '../log/note/note.js';
import { PublishedLog } from '../log/published-log.js';
import { Sequencer } from '../log/sequencer/sequencer.js';
import { CollectCosignatures } from '../log/witness/collect-cosignatures.js';
import { WitnessStates } from '../log/witness/witness-states.js';
import { TestWitness } from './test-witness.js';
import { bootAudit } from './things.js';

export const ORIGIN = 'log.example/v1/log';
const keyring = generateKeyring();

/** The log's key under the name of one of its logs. */
export const logSigner = (origin: string) =>
  noteSigner(origin, createPrivateKey({ key: keyring.logKeys[0]?.privateKey as never, format: 'jwk' }));
export const vkeyOf = (origin: string) => logSigner(origin).vkey;

/** Gives every test of a suite a database, an honest witness, and what it needs to see what becomes of both. */
export function witnessedAudit(dialect: TestDialect) {
  const at = {} as { database: TestDatabase; app: BootedModule; witness: TestWitness; liar?: Server };
  beforeEach(async () => {
    at.database = await testDatabase(dialect);
    at.witness = await TestWitness.start([vkeyOf(ORIGIN)]);
  });
  afterEach(async () => {
    vi.restoreAllMocks();
    await at.app.close({ keepDatabase: true });
    await at.database.remove();
    await at.witness.stop();
    at.liar?.closeAllConnections();
    at.liar?.close();
  });

  const boot = (witnesses: readonly string[], from = at.database) =>
    bootAudit(dialect, from, {
      KEYRING: JSON.stringify(keyring),
      LOG_ORIGIN: ORIGIN,
      LOG_WITNESSES: witnesses.join('\n'),
    });
  /** So many entries, each sequenced by itself. */
  const grow = async (count = 1) => {
    for (let index = 0; index < count; index += 1) {
      await at.app.get(UnitOfWork).run({ action: 'thing.act' }, async () => undefined);
      await at.app.get(Sequencer).drain();
    }
    return (await at.app.get(LogStore).current())?.size ?? 0;
  };
  const collect = (by = at.app) => by.get(CollectCosignatures).collect();
  const served = async (log = 1) => {
    const note = await at.app.get(PublishedLog).checkpoint(log);
    const logKeys = [parseVkey(vkeyOf(log === 1 ? ORIGIN : `${ORIGIN}/${log}`))];
    const { checkpoint, cosignatures } = openCheckpoint(note, {
      logKeys,
      witnessKeys: [parseVkey(at.witness.vkey)],
    });
    const others = parseNote(note).signatures.length - 1 - cosignatures.length;
    return { size: checkpoint.size, cosignatures: cosignatures.length, others };
  };
  const states = () => at.app.get(WitnessStates).of(1);
  const later = (ms: number) =>
    vi.spyOn(at.app.get(Clock), 'now').mockImplementation(() => new Date(Date.now() + ms));
  const posts = () => at.witness.lines.filter((line) => line.startsWith('POST'));
  const query = (sql: string) => at.app.get(Database).query(sql);
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
    at.liar = server;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const { vkey } = noteVerifier('liar.example', key.publicKey, 'cosignature');
    return {
      setting: `http://127.0.0.1:${(server.address() as AddressInfo).port} ${vkey}`,
      sign: (body: string, when: number) =>
        signatureLine(
          parseNote(body.slice(body.indexOf('\n\n') + 2)).text,
          cosigner('liar.example', key.privateKey, () => when),
        ),
    };
  };
  return Object.assign(at, {
    boot,
    grow,
    collect,
    served,
    states,
    later,
    posts,
    query,
    disputes,
    events,
    lyingWitness,
  });
}
