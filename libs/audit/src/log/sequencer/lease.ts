import { type BeforeApplicationShutdown, Injectable, Logger } from '@nestjs/common';
import { Clock, Database, MissedUpdate, newId, type Unit, UnitOfWork } from '#kernel';

/** For so long nobody else takes the lease of a sequencer that says nothing. */
export const LEASE_MS = 5_000;

const BOOKKEEPING = { action: 'audit.log_lease', recorded: false } as const;

interface LeaseRow {
  readonly holder: string | null;
  readonly token: unknown;
  readonly isHeld: unknown;
}

/**
 * Who may extend the log. Each holder gets a higher token, and every batch demands that its own is still the one in the
 * row, in the transaction that extends the log. So it does not matter how long a holder slept, or whose clock is right.
 */
@Injectable()
export class LogLease implements BeforeApplicationShutdown {
  private readonly logger = new Logger('LogLease');
  private readonly holder = newId('seq');
  private token: number | undefined;
  /** The token of another holder whose time was over when last looked at. */
  private expired: number | undefined;

  constructor(
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Whether this process believes that the lease is its own; {@link renewIn} makes sure. */
  get isHeld(): boolean {
    return this.token !== undefined;
  }

  /**
   * Takes the lease if nobody has it. One whose time is over is taken at the second look only: its holder may just have
   * had nothing to do.
   */
  async take(): Promise<boolean> {
    const [row] = await this.database.query<LeaseRow>(
      'SELECT holder, token, leased_until > ? AS isHeld FROM audit_log_lease WHERE id = 1',
      [this.clock.now()],
    );
    if (!row) throw new Error('The table audit_log_lease has lost its row');
    const token = Number(row.token);
    if (row.holder === this.holder) {
      this.token = token;
      return true;
    }
    const mustWait = Number(row.isHeld) === 1 || (row.holder !== null && this.expired !== token);
    this.expired = Number(row.isHeld) === 1 ? undefined : token;
    return mustWait ? false : this.takeOver(token);
  }

  /** Makes the unit fail with `MissedUpdate` unless the lease is still this process's, and prolongs it. */
  renewIn(unit: Unit): void {
    unit.append(
      'UPDATE audit_log_lease SET leased_until = ? WHERE id = 1 AND token = ?',
      [this.until(), this.token ?? -1],
      { mustHit: true },
    );
  }

  /** Takes the lease from whoever has it, in this unit; it is free afterwards. */
  revokeIn(unit: Unit): void {
    unit.append(
      'UPDATE audit_log_lease SET holder = NULL, token = token + 1, leased_until = ? WHERE id = 1',
      [this.clock.now()],
      { mustHit: true },
    );
  }

  /** What was believed was wrong, or may be. */
  doubt(): void {
    this.token = undefined;
  }

  /** Lets another process go on at once. */
  async beforeApplicationShutdown(): Promise<void> {
    if (this.token === undefined) return;
    try {
      await this.units.run(BOOKKEEPING, async (unit) =>
        unit.append('UPDATE audit_log_lease SET holder = NULL, leased_until = ? WHERE id = 1 AND token = ?', [
          this.clock.now(),
          this.token,
        ]),
      );
    } catch (error) {
      this.logger.warn({ err: error }, 'the lease was not given back; others wait until its time is over');
    }
  }

  private async takeOver(token: number): Promise<boolean> {
    try {
      await this.units.run(BOOKKEEPING, async (unit) =>
        unit.append(
          'UPDATE audit_log_lease SET holder = ?, token = ?, leased_until = ? WHERE id = 1 AND token = ?',
          [this.holder, token + 1, this.until(), token],
          { mustHit: true },
        ),
      );
    } catch (error) {
      if (error instanceof MissedUpdate) return false;
      throw error;
    }
    this.token = token + 1;
    return true;
  }

  private until(): Date {
    return new Date(this.clock.now().getTime() + LEASE_MS);
  }
}
