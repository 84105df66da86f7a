import { Injectable } from '@nestjs/common';
import { Handles, UnitOfWork, type DeliveredEvent } from '#kernel';
import { BlindIndexes } from '../blind-indexes/blind-indexes.js';
import { SubjectKeyDestroyed } from '../vault.events.js';

/** Repeats an erasure once no instance can hold the key any longer, for what slipped in meanwhile. */
@Injectable()
export class SweepErasure {
  constructor(
    private readonly units: UnitOfWork,
    private readonly blindIndexes: BlindIndexes,
  ) {}

  @Handles(SubjectKeyDestroyed, { name: 'vault.sweep_erasure', unit: false })
  async handle({
    payload: { subject, retention },
  }: DeliveredEvent<SubjectKeyDestroyed['payload']>): Promise<void> {
    await this.units.run({ action: 'vault.sweep_erasure', subject, recorded: false }, () =>
      this.blindIndexes.clear(subject, retention),
    );
    await this.units.scrub();
  }
}
