import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseVkey } from '../log/note/key.js';
import { consistencyProof } from '../log/tree/proof.js';
import { tileHashReader, treeRoot } from '../log/tree/hash-reader.js';
import { formatAddCheckpoint } from '../log/witness/add-checkpoint.js';
import type { WitnessedLog } from '../log/witness/cosign.js';
import { runWitness, type RunningWitness } from '../log/witness/run-witness.js';
import type { TestLog } from './test-log.js';

/** A witness on a port of its own, whose files go with it. */
export class TestWitness {
  readonly lines: string[] = [];

  private constructor(
    readonly dir: string,
    private readonly running: RunningWitness,
  ) {}

  static async start(
    vkeys: readonly string[],
    dir = mkdtempSync(join(tmpdir(), 'steward-witness-')),
    { name = 'witness.example/w1', port = 0 } = {},
  ) {
    const options = { key: join(dir, 'key'), name, log: vkeys, port };
    const lines: string[] = [];
    const witness = new TestWitness(dir, await runWitness(options, (line) => lines.push(line)));
    return Object.assign(witness, { lines });
  }

  get url(): string {
    return this.running.url;
  }

  get vkey(): string {
    return this.running.vkey;
  }

  /** As a log's settings name it. */
  get setting(): string {
    return `${this.url} ${this.vkey}`;
  }

  get port(): number {
    return Number(new URL(this.url).port);
  }

  get configured() {
    return { key: parseVkey(this.vkey), url: this.url };
  }

  post(body: string, path = 'add-checkpoint'): Promise<Response> {
    return fetch(`${this.url}/${path}`, { method: 'POST', body });
  }

  get(path: string): Promise<Response> {
    return fetch(`${this.url}/${path}`);
  }

  async stop({ keepFiles = false } = {}): Promise<void> {
    await this.running.close();
    if (!keepFiles) rmSync(this.dir, { recursive: true, force: true });
  }
}

/** What a log submits, whatever it was told; `checkpoint` may be of another log. */
export async function requestOf(log: TestLog, oldSize: number, checkpoint = log.signed()): Promise<string> {
  return formatAddCheckpoint({ oldSize, proof: await proofOf(log, oldSize), checkpoint });
}

export const proofOf = (log: TestLog, oldSize: number): Promise<Buffer[]> =>
  consistencyProof(oldSize, log.size, tileHashReader(log.size, log.tiles.read));

/** The log as the client sees it. */
export const witnessed = (log: TestLog): WitnessedLog => ({
  signed: log.signed(),
  checkpoint: { origin: log.origin, size: log.size, root: log.root },
  logKeys: log.vkeys.map(parseVkey),
  consistencyProof: (oldSize) => proofOf(log, oldSize),
  rootAt: (size) => treeRoot(size, tileHashReader(log.size, log.tiles.read)),
});
