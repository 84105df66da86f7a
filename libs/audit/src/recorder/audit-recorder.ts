import { Injectable } from '@nestjs/common';
import { Clock, type CommittingUnit, Problem, UnitOfWork, UnitRecorder, type UnitIntent } from '#kernel';
import { AnonymousRefusals } from './anonymous-refusals.js';
import { ClientAddress } from './client-address.js';
import { EntryWriter } from './entry-writer.js';

/** One entry for each unit of work: in the unit when it commits, in a unit of its own when it could not. */
@Injectable()
export class AuditRecorder extends UnitRecorder {
  constructor(
    private readonly entries: EntryWriter,
    private readonly address: ClientAddress,
    private readonly refusals: AnonymousRefusals,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
  ) {
    super();
  }

  prepare({ subject }: UnitIntent): Promise<void> {
    return this.address.prepare(subject);
  }

  record(unit: CommittingUnit): void {
    const { id, startedAt, intent, details } = unit;
    this.entries.append(unit, { id, occurredAt: startedAt, intent, outcome: 'succeeded', details });
  }

  async recordRefusal(
    intent: UnitIntent,
    error: unknown,
    outcome: 'refused' | 'failed',
    uncertain?: string,
  ): Promise<void> {
    const errorCode = error instanceof Problem ? error.code : 'kernel.internal';
    if (!this.refusals.admit(errorCode)) return;
    const occurredAt = this.clock.now();
    await this.address.prepare(intent.subject);
    const details = uncertain === undefined ? {} : { possiblyCommittedAs: uncertain };
    await this.units.run({ action: intent.action, recorded: false }, async (unit) => {
      this.entries.append(unit, { id: unit.id, occurredAt, intent, outcome, errorCode, details });
    });
  }
}
