import { Injectable, Logger } from '@nestjs/common';
import { MissedUpdate, UnitOfWork } from '#kernel';
import { WitnessDisputed } from '../../audit.events.js';
import type { AuditLog } from '../../entities/audit-log.entity.js';
import type { AuditWitness } from '../../entities/audit-witness.entity.js';
import { LogStore } from '../log-store.js';
import { LostEntriesCheck } from '../restore/lost-entries.js';
import { NewLog, NothingLost } from '../restore/new-log.js';
import type { Cosigning } from './cosign.js';
import { WitnessStates } from './witness-states.js';

type Dispute = Extract<Cosigning, { kind: 'disputed' }>;

/** What to do when a witness says that it has seen another history of the log. */
@Injectable()
export class Disputes {
  private readonly logger = new Logger('Witnesses');

  constructor(
    private readonly store: LogStore,
    private readonly check: LostEntriesCheck,
    private readonly newLog: NewLog,
    private readonly states: WitnessStates,
    private readonly units: UnitOfWork,
  ) {}

  /**
   * Tells of it, once: an entry, an event and a line in the log file. A witness that shows a checkpoint which our own key
   * signed and the database does not live up to has proven that entries are lost or that somebody else signs with the
   * key: then a new log begins, as when this process remembers such a checkpoint itself. What a witness only says
   * proves nothing. Resolves to false when it saw a newer checkpoint that another process had signed meanwhile.
   */
  async raise({ number, size }: AuditLog, state: AuditWitness, dispute: Dispute): Promise<boolean> {
    const { evidence } = dispute;
    const current = await this.store.current();
    const isExplained =
      evidence === undefined
        ? dispute.size > size && dispute.size <= (current?.size ?? 0)
        : (await this.check.compare(evidence, current)) === undefined;
    if (isExplained) return false;
    if (state.disputedSize === null) await this.tell(number, size, state, dispute);
    else await this.units.run(QUIETLY, async (unit) => this.states.disputedIn(unit, state, dispute.size));
    if (evidence !== undefined) await this.beginAnew(evidence);
    return true;
  }

  private async tell(logNumber: number, size: number, state: AuditWitness, dispute: Dispute): Promise<void> {
    const { evidence } = dispute;
    const { witness } = state;
    const isProven = evidence !== undefined;
    const facts = { logNumber, size, witness, witnessSize: dispute.size, isProven };
    const resource = { type: 'audit_log', id: String(logNumber) };
    await this.units.run({ action: 'audit.witness_dispute', resource }, async (unit) => {
      this.states.disputedIn(unit, state, dispute.size);
      unit.describe({ details: { ...facts, ...(isProven && { evidence }) } });
      unit.publish(new WitnessDisputed(facts));
    });
    this.logger.error(
      facts,
      isProven
        ? 'a witness shows a checkpoint that our key signed and this log does not contain: the database was restored from a backup, or the key signs elsewhere'
        : 'a witness says that it has seen another history of this log, and does not show it',
    );
  }

  private async beginAnew(evidence: string): Promise<void> {
    try {
      await this.newLog.begin(evidence);
    } catch (error) {
      // Somebody else has just begun it, or has just extended the log; it is looked at again.
      if (!(error instanceof NothingLost || error instanceof MissedUpdate)) throw error;
    }
  }
}

const QUIETLY = { action: 'audit.witness_dispute', recorded: false } as const;
