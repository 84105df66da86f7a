import { Injectable } from '@nestjs/common';
import type { AuditLog } from '../../entities/audit-log.entity.js';
import { LogStore } from '../log-store.js';
import { LogLease } from '../sequencer/lease.js';
import { CheckpointMemory } from './checkpoint-memory.js';
import { LogBeginning } from './log-beginning.js';
import { LostEntriesCheck } from './lost-entries.js';

/** Nothing was lost of the log that a checkpoint is of, so there is no reason for a new one. */
export class NothingLost extends Error {
  override readonly name = 'NothingLost';
}

/** Begins a new log because somebody who remembers a checkpoint says that the database lost entries. */
@Injectable()
export class NewLog {
  constructor(
    private readonly store: LogStore,
    private readonly check: LostEntriesCheck,
    private readonly beginning: LogBeginning,
    private readonly lease: LogLease,
    private readonly memory: CheckpointMemory,
  ) {}

  /**
   * Begins a log that continues the one of this signed checkpoint. Whoever sequences at the moment finds that out with
   * its next batch. Throws `NoteError` for a note that none of our keys signed, {@link NothingLost} when the database
   * has everything that it covers.
   */
  async begin(note: string): Promise<AuditLog> {
    const current = await this.store.current();
    const lost = await this.check.compare(note, current);
    if (!lost) {
      throw new NothingLost(
        `The database has all that this checkpoint covers; its log is ${current?.origin} with ${current?.size} leaves`,
      );
    }
    const log = await this.beginning.after(lost, current, (unit) => this.lease.revokeIn(unit));
    if (log.checkpoint !== null) this.memory.remember(log.checkpoint);
    return log;
  }
}
