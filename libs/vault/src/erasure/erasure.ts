import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '#kernel';
import { BlindIndexes } from '../blind-indexes/blind-indexes.js';
import type { KeyRef } from '../subject-keys/key-cache.js';
import { SubjectKeys } from '../subject-keys/subject-keys.js';
import { SubjectKeyDestroyed } from '../vault.events.js';

export interface ErasureReceipt {
  /** From this instant no instance can read or write anything under the destroyed key. */
  readonly effectiveBy: Date;
  /** False when the key had been destroyed before. */
  readonly isNew: boolean;
}

/** Erasing a person by destroying a key. */
@Injectable()
export class Erasure {
  constructor(
    private readonly units: UnitOfWork,
    private readonly keys: SubjectKeys,
    private readonly blindIndexes: BlindIndexes,
  ) {}

  /** Inside the caller's unit. A repetition changes nothing and gives the same instant. */
  async erase(ref: KeyRef): Promise<ErasureReceipt> {
    const unit = this.units.current;
    if (!unit) throw new Error('A person is erased inside a unit of work.');
    const { destroyedAt, isNew } = await this.keys.destroy(ref);
    await this.blindIndexes.clear(ref.subject, ref.retention);
    const effectiveBy = new Date(destroyedAt.getTime() + this.keys.maxUseAfterDestructionMs);
    if (isNew) unit.publish(new SubjectKeyDestroyed({ ...ref }), { after: effectiveBy });
    unit.onCommitted(() => this.keys.forget(ref));
    return { effectiveBy, isNew };
  }
}
