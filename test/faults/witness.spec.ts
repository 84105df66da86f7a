import { type ChildProcess, spawn } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { cosign, parseVkey, requestOf, TestLog, witnessed } from '#audit/testing';
import { root } from '../support/rooms.js';
import { until } from '../support/until.js';

let dir: string;
let log: TestLog;
let witness: WitnessProcess | undefined;
beforeEach(() => {
  dir = mkdtempSync(join(tmpdir(), 'steward-witness-'));
  log = new TestLog().grow(3);
});
afterEach(async () => {
  await witness?.kill();
  rmSync(dir, { recursive: true, force: true });
});

/** `steward witness` as somebody else runs it. */
class WitnessProcess {
  private constructor(
    readonly vkey: string,
    readonly url: string,
    private readonly child: ChildProcess,
  ) {}

  static async start(): Promise<WitnessProcess> {
    const given = ['--key', join(dir, 'key'), '--name', 'witness.example', '--port', '0'];
    const logs = log.vkeys.flatMap((vkey) => ['--log', vkey]);
    const child = spawn(process.execPath, ['dist/apps/cli/src/main.js', 'witness', ...given, ...logs], {
      cwd: root,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let [printed, said] = ['', ''];
    child.stdout.on('data', (data: Buffer) => (printed += data.toString()));
    child.stderr.on('data', (data: Buffer) => (said += data.toString()));
    const url = await until(
      'the witness to be ready',
      () => {
        if (child.exitCode !== null) throw new Error(said);
        return /is ready on (\S+)/.exec(said)?.[1];
      },
      60_000,
    );
    return new WitnessProcess(printed.trim(), url, child);
  }

  ask(known: number) {
    return cosign(
      { key: parseVkey(this.vkey), url: this.url },
      witnessed(log),
      known,
      AbortSignal.timeout(20_000),
    );
  }

  /** Sends a request and never looks at the answer. */
  async sendOnly(body: string): Promise<void> {
    const socket = connect(Number(new URL(this.url).port), '127.0.0.1');
    socket.on('error', () => undefined);
    const head = `POST /add-checkpoint HTTP/1.1\r\nhost: w\r\ncontent-length: ${Buffer.byteLength(body)}\r\n\r\n`;
    await new Promise<void>((resolve) => socket.write(head + body, () => resolve()));
    socket.pause();
  }

  async kill(): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = new Promise((resolve) => this.child.once('exit', resolve));
    this.child.kill('SIGKILL');
    await exited;
  }
}

/** What is on disk; what a killed process left half done is undone first, as at a start. */
function sizeOnDisk(): number {
  const state = new Sqlite(join(dir, 'key.state'), { fileMustExist: true, timeout: 5_000 });
  try {
    const row = state.prepare<[], { size: number }>('SELECT size FROM witnessed').get();
    return row?.size ?? 0;
  } finally {
    state.close();
  }
}

it('remembers a checkpoint whose answer was lost when it was killed', async () => {
  witness = await WitnessProcess.start();
  const { vkey } = witness;
  expect(await witness.ask(0)).toMatchObject({ kind: 'cosigned' });
  await witness.sendOnly(await requestOf(log.grow(2), 3));
  await until('the checkpoint to be on disk', () => (sizeOnDisk() === 5 ? true : undefined));
  await witness.kill();

  witness = await WitnessProcess.start();
  expect(witness.vkey).toBe(vkey);
  const fork = new TestLog(log.origin, log.signers).grow(3).grow(3, 100);
  const honest = log;
  log = fork;
  expect(await witness.ask(3)).toMatchObject({ kind: 'disputed', size: 5 });
  log = honest;
  expect(await witness.ask(3)).toMatchObject({ kind: 'cosigned' });
});

it('never forgets what it answered for, whenever it is killed', async () => {
  for (let round = 0; round < 4; round++) {
    const running = (witness = await WitnessProcess.start());
    let cosigned = sizeOnDisk();
    let isKilled = false;
    const submit = async () => {
      while (!isKilled) {
        const { size } = log.grow(1);
        const answer = await running.ask(size - 1);
        if (answer.kind === 'cosigned') cosigned = size;
        else if (!isKilled) throw new Error(`The witness answered ${JSON.stringify(answer)}`);
      }
    };
    const submitting = submit();
    const enough = cosigned + 5 + round * 7;
    await until('some cosignatures', () => (cosigned >= enough ? true : undefined));
    isKilled = true;
    await Promise.all([running.kill(), submitting]);
    expect(sizeOnDisk()).toBeGreaterThanOrEqual(cosigned);
    expect(sizeOnDisk()).toBeLessThanOrEqual(log.size);
  }
});
