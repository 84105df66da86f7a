import { Injectable, Logger } from '@nestjs/common';
import { DiscoveryService } from '@nestjs/core';
import { UnitOfWork, type RetentionClass } from '#kernel';
import { PersonalDataCatalogue, Vault } from '#vault';
import { SubjectErased } from '../privacy.events.js';
import { ErasureParticipant } from './erasure-participant.js';

export interface SubjectErasureResult {
  readonly effectiveBy: Date;
  /** Retention classes whose data outlives the account. */
  readonly retained: readonly RetentionClass[];
}

/** What goes with the account. The accounting class stays until the law's term ends (GDPR Article 17(3)(b)). */
const ERASED_CLASSES: readonly RetentionClass[] = ['account', 'security'];

/** Erases people: in one unit the keys of their account go, and every room lets go of them. */
@Injectable()
export class SubjectErasure {
  private readonly logger = new Logger('SubjectErasure');
  private found: readonly ErasureParticipant[] | undefined;

  constructor(
    private readonly units: UnitOfWork,
    private readonly vault: Vault,
    private readonly catalogue: PersonalDataCatalogue,
    private readonly discovery: DiscoveryService,
  ) {}

  /**
   * Erases a person at once and for good. Repeating it changes nothing and gives the same answer. What
   * other laws oblige to keep stays under keys of its own class.
   */
  async erase(subject: string): Promise<SubjectErasureResult> {
    const intent = { action: 'privacy.erase', subject, resource: { type: 'user', id: subject } };
    const { effectiveBy } = await this.units.run(intent, async (unit) => {
      for (const participant of this.participants) await participant.erase(subject);
      const receipts = [];
      for (const retention of ERASED_CLASSES)
        receipts.push(await this.vault.eraseSubject(subject, retention));
      if (receipts.some(({ isNew }) => isNew)) unit.publish(new SubjectErased({ subject }));
      return { effectiveBy: new Date(Math.max(...receipts.map((receipt) => receipt.effectiveBy.getTime()))) };
    });
    await this.scrub();
    const classes = new Set(this.catalogue.entries().map(({ retention }) => retention));
    for (const retention of ERASED_CLASSES) classes.delete(retention);
    return { effectiveBy, retained: [...classes].sort() };
  }

  private get participants(): readonly ErasureParticipant[] {
    this.found ??= this.discovery
      .getProviders()
      .map(({ instance }): unknown => instance)
      .filter((instance) => instance instanceof ErasureParticipant);
    return this.found;
  }

  private async scrub(): Promise<void> {
    try {
      await this.vault.scrub();
    } catch (error) {
      this.logger.warn({ error: String(error) }, 'the files are scrubbed by the later sweep');
    }
  }
}
