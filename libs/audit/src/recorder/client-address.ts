import { Injectable } from '@nestjs/common';
import { Clock, RequestContext, type RequestState } from '#kernel';
import { Vault } from '#vault';
import type { AuditEntry } from '../entities/audit-entry.entity.js';

/** Retention class of addresses in entries. */
export const ADDRESS_RETENTION = 'security';

/** In whose name the addresses of a day's anonymous clients are sealed. */
export const anonymousOn = (day: Date): string => `anonymous_${day.toISOString().slice(0, 10)}`;

/**
 * Seals the client's address for entries, under the key of whose address it most likely is: the user who is logged in;
 * else the person whom the unit is about, who registers or logs in, so that it goes when that person is erased; else
 * all anonymous clients of the day.
 */
@Injectable()
export class ClientAddress {
  /** The subject whose key was made ready, so that a unit that spans midnight, or a login, seals under that one. */
  private readonly prepared = new WeakMap<RequestState, string>();

  constructor(
    private readonly vault: Vault,
    private readonly context: RequestContext,
    private readonly clock: Clock,
  ) {}

  /** Makes the key ready that {@link sealInto} will need, for an entry about the person `about`. Not inside a unit. */
  async prepare(about?: string): Promise<void> {
    const state = this.context.get();
    if (!state?.clientAddress) return;
    const subject = this.subjectOf(state, about);
    await this.vault.prepare([subject], ADDRESS_RETENTION);
    this.prepared.set(state, subject);
  }

  /** Seals the present client's address into the entry; leaves it empty when that person's key is destroyed. */
  sealInto(entry: AuditEntry): void {
    const state = this.context.get();
    const subject = state && this.prepared.get(state);
    if (!state?.clientAddress || subject === undefined || this.vault.isErased(subject, ADDRESS_RETENTION))
      return;
    entry.addressSubjectId = subject;
    this.vault.seal(entry, { clientAddress: state.clientAddress });
  }

  private subjectOf({ principal }: RequestState, about: string | undefined): string {
    if (principal?.kind === 'user') return principal.id;
    if (!principal && about !== undefined) return about;
    return anonymousOn(this.clock.now());
  }
}
