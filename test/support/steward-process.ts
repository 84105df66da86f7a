import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { join } from 'node:path';
import { createSteward, type Steward } from '#client';
import { freePort, type TestDatabase, testDatabase, type TestDialect } from '#kernel/testing';
import { root } from './rooms.js';

export interface ProcessOptions {
  readonly dialect: TestDialect;
  /** An existing database, such as that of a process which was killed. */
  readonly database?: TestDatabase;
  readonly environment?: Readonly<Record<string, string>>;
  /** What to wait for: that it is ready (unless given), or only that it answers. */
  readonly until?: 'ready' | 'live';
  /** The built repository to run; this one unless given. */
  readonly directory?: string;
}

export const administrator = { email: 'admin@steward.example', password: 'correct horse battery staple 9' };

/** The built API in a process of its own, as an operator runs it. */
export class StewardProcess {
  private constructor(
    readonly baseUrl: string,
    readonly database: TestDatabase,
    private readonly child: ChildProcess,
    private readonly output: string[],
    private readonly exited: Promise<number | null>,
  ) {}

  /** Starts the API and resolves when it is ready, or live; the database is a fresh one unless given. */
  static async start({
    dialect,
    database,
    environment,
    until = 'ready',
    directory = root,
  }: ProcessOptions): Promise<StewardProcess> {
    const at = database ?? (await testDatabase(dialect));
    const port = await freePort();
    const child = spawn(process.execPath, ['dist/apps/api/src/main.js'], {
      cwd: directory,
      env: {
        ...process.env,
        ...at.environment,
        NODE_ENV: 'development',
        HOST: '127.0.0.1',
        PORT: String(port),
        LOG_LEVEL: 'warn',
        SHUTDOWN_DELAY_MS: '0',
        ADMIN_EMAIL: administrator.email,
        ADMIN_PASSWORD: administrator.password,
        ...environment,
      },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    const output: string[] = [];
    for (const stream of [child.stdout, child.stderr])
      stream?.on('data', (data: Buffer) => output.push(data.toString()));
    const exited = new Promise<number | null>((resolve) => child.once('exit', (code) => resolve(code)));
    const started = new StewardProcess(`http://127.0.0.1:${port}`, at, child, output, exited);
    try {
      await started.untilIt(until);
    } catch (error) {
      if (!database) await at.remove();
      throw error;
    }
    return started;
  }

  get printed(): string {
    return this.output.join('');
  }

  get pid(): number {
    return this.child.pid ?? 0;
  }

  /** Where mails are written. */
  get mailDir(): string {
    return join(this.database.dataDir, 'mail');
  }

  client(accessToken?: string): Steward {
    return createSteward({ baseUrl: this.baseUrl, accessToken: () => accessToken });
  }

  /** Ends the process at once, as a crash does; the database stays. */
  async kill(): Promise<void> {
    this.child.kill('SIGKILL');
    await this.exited;
  }

  /** Asks the process to stop, removes its database, and gives the exit code. */
  async stop({ keepDatabase = false } = {}): Promise<number | null> {
    this.child.kill('SIGTERM');
    const code = await this.exited;
    if (!keepDatabase) await this.database.remove();
    return code;
  }

  private async untilIt(is: 'ready' | 'live'): Promise<void> {
    const deadline = Date.now() + 60_000;
    while (Date.now() < deadline && this.child.exitCode === null) {
      const answer = await fetch(`${this.baseUrl}/health/${is}`).catch(() => undefined);
      if (answer?.ok) return;
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    this.child.kill('SIGKILL');
    throw new Error(`The API did not become ${is}.\n${this.printed}`);
  }
}

/** A value that no other test uses. */
export const unique = (prefix: string): string => `${prefix}-${randomBytes(6).toString('hex')}`;
