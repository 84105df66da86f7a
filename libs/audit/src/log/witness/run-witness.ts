import { readFile } from 'node:fs/promises';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createFile, isMissing } from '../durable-files.js';
import { NoteError } from '../note/text.js';
import { parseVkey } from '../note/key.js';
import { Witness } from './witness.js';
import { formatWitnessKey, generateWitnessKey, parseWitnessKey, type WitnessKey } from './witness-key.js';
import { witnessServer } from './witness-server.js';
import { WitnessState } from './witness-state.js';

/** How a witness is run. */
export interface WitnessOptions {
  /** The file of its private key; made when it is not there, under `name`. */
  readonly key: string;
  readonly name?: string;
  /** Verifier keys of the logs that it serves. */
  readonly log: readonly string[];
  /** What it remembers; beside the key unless told otherwise. */
  readonly state?: string;
  readonly host?: string;
  readonly port?: number;
}

export interface RunningWitness {
  readonly vkey: string;
  readonly origins: readonly string[];
  readonly url: string;
  close(): Promise<void>;
}

/**
 * Starts a witness.
 * @throws NoteError for keys that cannot be read, WitnessStateError when its state is not to be used.
 */
export async function runWitness(
  { key: file, name, log, state: stateFile = `${file}.state`, host = '127.0.0.1', port = 0 }: WitnessOptions,
  served?: (line: string) => void,
): Promise<RunningWitness> {
  const logKeys = log.map(parseVkey);
  const { key, isNew } = await keyOf(file, name);
  const state = new WitnessState(stateFile, key.vkey, isNew);
  // Only now: a key without a state is one that lost it.
  if (isNew) await createFile(file, formatWitnessKey(key), 0o600);
  const witness = new Witness(key, state, logKeys);
  const server = witnessServer(witness, served);
  await listening(server, host, port);
  const { port: bound } = server.address() as AddressInfo;
  return {
    vkey: witness.vkey,
    origins: witness.origins,
    url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}`,
    async close() {
      server.closeIdleConnections();
      await new Promise((resolve) => server.close(resolve));
      state.close();
    },
  };
}

async function keyOf(file: string, name: string | undefined): Promise<{ key: WitnessKey; isNew: boolean }> {
  try {
    return { key: parseWitnessKey(await readFile(file, 'utf8')), isNew: false };
  } catch (error) {
    if (!isMissing(error)) throw error;
    if (name === undefined)
      throw new NoteError(
        'malformed',
        `${file} is not there; say with --name how the witness is called, to make a key`,
      );
    return { key: generateWitnessKey(name), isNew: true };
  }
}

function listening(server: Server, host: string, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, () => {
      server.off('error', reject);
      resolve();
    });
  });
}
