import { Injectable } from '@nestjs/common';
import { Clock, Recurring, UnitOfWork } from '#kernel';
import { Vault } from '#vault';
import { ADDRESS_RETENTION, anonymousOn } from './client-address.js';

/** For how long the addresses of clients that were not logged in can be opened. */
export const ANONYMOUS_ADDRESS_DAYS = 90;

const DAY_MS = 86_400_000;
/** How far back days are made up for on which nothing ran. */
const CATCH_UP_DAYS = 366;

/** Destroys the keys of anonymous clients day by day: kept no longer than necessary (GDPR Article 5(1)(e)). */
@Injectable()
export class ForgetAddresses {
  constructor(
    private readonly vault: Vault,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Destroys the keys of all days that are old enough; one entry tells of each. */
  @Recurring({ name: 'audit.forget_addresses', everyMs: DAY_MS / 4 })
  async forget(): Promise<void> {
    for (const subject of await this.due()) {
      await this.units.run({ action: 'audit.forget_addresses', subject }, () =>
        this.vault.eraseSubject(subject, ADDRESS_RETENTION),
      );
    }
  }

  /** The days that are old enough and have a key. */
  private due(): Promise<string[]> {
    const now = this.clock.now().getTime();
    const days = Array.from({ length: CATCH_UP_DAYS }, (_, index) =>
      anonymousOn(new Date(now - (ANONYMOUS_ADDRESS_DAYS + 1 + index) * DAY_MS)),
    );
    return this.vault.subjectsWithKey(days, ADDRESS_RETENTION);
  }
}
