import { Injectable } from '@nestjs/common';
import { Clock, RequestContext, type RequestState } from '#kernel';
import { Vault } from '#vault';
import type { AuditEntry } from '../entities/audit-entry.entity.js';

const RETENTION = 'security';

/** Seals the client's address for entries: under the user's key, or under the day's key of all anonymous clients. */
@Injectable()
export class ClientAddress {
  /** The subject whose key was made ready, so that a unit that spans midnight, or a login, seals under that one. */
  private readonly prepared = new WeakMap<RequestState, string>();

  constructor(
    private readonly vault: Vault,
    private readonly context: RequestContext,
    private readonly clock: Clock,
  ) {}

  /** Makes the key ready that {@link sealInto} will need. Not inside a unit. */
  async prepare(): Promise<void> {
    const state = this.context.get();
    if (!state?.clientAddress) return;
    const subject = this.subjectOf(state);
    await this.vault.prepare([subject], RETENTION);
    this.prepared.set(state, subject);
  }

  /** Seals the present client's address into the entry; leaves it empty when that person's key is destroyed. */
  sealInto(entry: AuditEntry): void {
    const state = this.context.get();
    const subject = state && this.prepared.get(state);
    if (!state?.clientAddress || subject === undefined || this.vault.isErased(subject, RETENTION)) return;
    entry.addressSubjectId = subject;
    this.vault.seal(entry, { clientAddress: state.clientAddress });
  }

  private subjectOf({ principal }: RequestState): string {
    if (principal?.kind === 'user') return principal.id;
    return `anonymous_${this.clock.now().toISOString().slice(0, 10)}`;
  }
}
