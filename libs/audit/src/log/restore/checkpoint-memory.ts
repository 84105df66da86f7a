import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { InjectConfig, kernelConfig, type KernelConfig } from '#kernel';
import { isMissing, replaceFile } from '../durable-files.js';

/** Below `DATA_DIR`: it must not be restored together with the database. */
export const MEMORY_FILE_NAME = 'last-checkpoint';

/** The file is written once in this time at most, so that it does not compete with the database for the disk. */
const PAUSE_MS = 1_000;

/**
 * Remembers the last checkpoint that this process signed, outside the database, so that a database which was restored
 * from a backup is recognised. What is remembered was committed before; after a crash it may be a little older.
 */
@Injectable()
export class CheckpointMemory implements BeforeApplicationShutdown {
  private readonly logger = new Logger('CheckpointMemory');
  private readonly file: string;
  private latest: string | undefined;
  private written: string | undefined;
  private writing: Promise<void> | undefined;
  private readonly stopping = new AbortController();

  constructor(@InjectConfig(kernelConfig) { dataDir }: KernelConfig) {
    this.file = join(dataDir, MEMORY_FILE_NAME);
  }

  /** The signed checkpoint that was remembered last, by this process or one before it with the same `DATA_DIR`. */
  async recall(): Promise<string | undefined> {
    if (this.latest !== undefined) return this.latest;
    try {
      return await readFile(this.file, 'utf8');
    } catch (error) {
      if (isMissing(error)) return undefined;
      throw error;
    }
  }

  /** Remembers a checkpoint that is committed. Returns at once; the file follows. */
  remember(checkpoint: string): void {
    this.latest = checkpoint;
    this.writing ??= this.write().finally(() => (this.writing = undefined));
  }

  /** Writes what is not written yet. */
  async beforeApplicationShutdown(): Promise<void> {
    this.stopping.abort();
    await this.writing;
  }

  private async write(): Promise<void> {
    while (this.latest !== undefined && this.latest !== this.written) {
      const text = this.latest;
      try {
        await mkdir(join(this.file, '..'), { recursive: true, mode: 0o700 });
        await replaceFile(this.file, text);
      } catch (error) {
        this.logger.warn({ err: error, file: this.file }, 'the last checkpoint could not be remembered');
      }
      this.written = text;
      const { signal } = this.stopping;
      await delay(PAUSE_MS, undefined, { signal, ref: false }).catch(() => undefined);
    }
  }
}
