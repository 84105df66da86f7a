import { Injectable, Logger } from '@nestjs/common';
import { MissedUpdate, Recurring, type Unit } from '#kernel';
import type { AuditLog } from '../../entities/audit-log.entity.js';
import { LogKeys } from '../log-keys.js';
import { LogStore } from '../log-store.js';
import { signCheckpoint } from '../note/checkpoint.js';
import { CheckpointMemory } from '../restore/checkpoint-memory.js';
import { LogBeginning } from '../restore/log-beginning.js';
import { LostEntriesCheck } from '../restore/lost-entries.js';
import { GrowingTree } from '../tree/growing-tree.js';
import { BatchWriter } from './batch-writer.js';
import { LogLease } from './lease.js';
import { SequencerSteps } from './steps.js';
import { type Batch, WaitingEntries } from './waiting-entries.js';

/** An entry waits half of this on average for its turn. */
const EVERY_MS = 300;

interface OpenLog {
  readonly number: number;
  readonly origin: string;
  readonly tree: GrowingTree;
}

/**
 * Gives the entries of the record their places in the transparency log, batch by batch, and signs a checkpoint for each.
 * Nothing in the path of a request waits for it. Any number of processes may run it; the one with the lease works.
 */
@Injectable()
export class Sequencer {
  private readonly logger = new Logger('Sequencer');
  /** The log as this process left it; undefined when that has to be read. */
  private open: OpenLog | undefined;

  constructor(
    private readonly waiting: WaitingEntries,
    private readonly writer: BatchWriter,
    private readonly lease: LogLease,
    private readonly store: LogStore,
    private readonly keys: LogKeys,
    private readonly memory: CheckpointMemory,
    private readonly check: LostEntriesCheck,
    private readonly beginning: LogBeginning,
    private readonly steps: SequencerSteps,
  ) {}

  /** Sequences one batch; true when more entries may wait. */
  @Recurring({ name: 'audit.sequence', everyMs: EVERY_MS })
  async sequence(): Promise<boolean> {
    if (!this.lease.isHeld && !(await this.takeLease())) return false;
    const batch = await this.waiting.next();
    if (batch.entries.length === 0) return false;
    try {
      await this.extend((this.open ??= await this.openLog()), batch);
      return batch.isFull;
    } catch (error) {
      // Whatever went wrong, the tree in memory may have grown and the one in the database not.
      this.open = undefined;
      this.lease.doubt();
      if (!(error instanceof MissedUpdate)) throw error;
      this.logger.log('another process extends the log, or what was to be sequenced has changed');
      return false;
    }
  }

  /** Sequences until nothing waits. */
  async drain(): Promise<void> {
    while (await this.sequence());
  }

  private async takeLease(): Promise<boolean> {
    if (!(await this.waiting.exist()) || !(await this.lease.take())) return false;
    this.open = undefined;
    await this.steps.reached('lease_taken');
    return true;
  }

  private async extend({ number, origin, tree }: OpenLog, batch: Batch): Promise<void> {
    const from = tree.size;
    const tiles = tree.append(batch.entries.map(({ leafHash }) => leafHash));
    const checkpoint = signCheckpoint(
      { origin, size: tree.size, root: tree.root() },
      this.keys.signers(origin),
    );
    await this.steps.reached('checkpoint_signed');
    const growth = { logNumber: number, from, to: tree.size, tiles, checkpoint };
    await this.waiting.readAheadDuring(() => this.writer.write(batch, growth), batch);
    this.memory.remember(checkpoint);
  }

  private async openLog(): Promise<OpenLog> {
    const { number, origin, size } = await this.logToExtend();
    const tree = GrowingTree.restore(size, await this.store.edge(number, size));
    await this.steps.reached('log_opened');
    return { number, origin, tree };
  }

  /** A log that has lost entries is left as it is: to go on with it would sign two histories. */
  private async logToExtend(): Promise<AuditLog> {
    const current = await this.store.current();
    const fence = (unit: Unit) => this.lease.renewIn(unit);
    const remembered = await this.memory.recall();
    const lost = remembered && (await this.check.compareRemembered(remembered, current));
    if (lost) return this.beginning.after(lost, current, fence);
    if (current) return current;
    await this.beginning.first(fence);
    return this.logToExtend();
  }
}
