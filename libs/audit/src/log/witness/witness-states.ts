import { Injectable } from '@nestjs/common';
import { Clock, Database, MissedUpdate, type Unit, UnitOfWork } from '#kernel';
import { AuditWitness } from '../../entities/audit-witness.entity.js';

/** For so long a witness is not asked by anybody else; longer than anybody asks. */
const CLAIM_MS = 10_000;
const LONGEST_PAUSE_MS = 300_000;

const BOOKKEEPING = { action: 'audit.ask_witness', recorded: false } as const;

/** Whether a witness may be asked. One that is not to be asked for ever so long was put off by a clock that was wrong. */
export function isDue({ nextAt }: AuditWitness, now: Date): boolean {
  const inMs = nextAt.getTime() - now.getTime();
  return inMs <= 0 || inMs > 2 * LONGEST_PAUSE_MS;
}

/** Whether a witness is healthy, and was asked less than `withinMs` ago by this or another process. */
export function isBeingAsked({ failures, nextAt }: AuditWitness, withinMs: number, now: Date): boolean {
  const inMs = nextAt.getTime() - now.getTime();
  return failures === 0 && inMs > CLAIM_MS - withinMs && inMs <= CLAIM_MS;
}

/** What is remembered of each witness, for all processes: what it cosigned, and when it may be asked again. */
@Injectable()
export class WitnessStates {
  constructor(
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
  ) {}

  /** Those of a log, in the order of their names. */
  of(logNumber: number): Promise<AuditWitness[]> {
    return this.database.select(AuditWitness, { logNumber }, 'ORDER BY witness');
  }

  /** Remembers these witnesses of a log and no others. */
  async settle(logNumber: number, names: readonly string[]): Promise<void> {
    const known = (await this.of(logNumber)).map(({ witness }) => witness);
    const added = names.filter((name) => !known.includes(name));
    const removed = known.filter((name) => !names.includes(name));
    if (added.length + removed.length === 0) return;
    await this.units.run(BOOKKEEPING, async (unit) => {
      for (const name of removed)
        unit.append('DELETE FROM audit_witness WHERE log_number = ? AND witness = ?', [logNumber, name]);
      for (const name of added)
        unit.append(
          `INSERT INTO audit_witness (log_number, witness, next_at) VALUES (?, ?, ?)
           ${this.database.dialect.onConflict(['log_number', 'witness'])} size = audit_witness.size`,
          [logNumber, name, this.clock.now()],
        );
    });
  }

  /** Keeps these witnesses from everybody else for a while; false when somebody else was faster with one of them. */
  async claim(states: readonly AuditWitness[]): Promise<boolean> {
    const until = new Date(this.clock.now().getTime() + CLAIM_MS);
    try {
      await this.units.run(BOOKKEEPING, async (unit) => {
        for (const { logNumber, witness, nextAt } of states)
          unit.append(
            'UPDATE audit_witness SET next_at = ? WHERE log_number = ? AND witness = ? AND next_at = ?',
            [until, logNumber, witness, nextAt],
            { mustHit: true },
          );
      });
      return true;
    } catch (error) {
      if (error instanceof MissedUpdate) return false;
      throw error;
    }
  }

  /** The witness cosigned a size: it may be asked again at once. */
  async cosigned({ logNumber, witness }: AuditWitness, size: number, line: string): Promise<void> {
    const now = this.clock.now();
    await this.units.run(BOOKKEEPING, async (unit) => {
      unit.append(
        'REPLACE INTO audit_cosignature (log_number, size, witness, note_line, cosigned_at) VALUES (?, ?, ?, ?, ?)',
        [logNumber, size, witness, line, now],
      );
      unit.append(
        `UPDATE audit_witness SET size = ?, cosigned_at = ?, next_at = ?, failures = 0, failing_since = NULL,
           disputed_size = NULL WHERE log_number = ? AND witness = ?`,
        [size, now, now, logNumber, witness],
      );
    });
  }

  /** The witness gave no cosignature: it is asked again later, and later each time. */
  async failed(state: AuditWitness): Promise<void> {
    const pauseMs = Math.min(2 ** state.failures * 1000, LONGEST_PAUSE_MS) * (0.75 + Math.random() / 2);
    await this.units.run(BOOKKEEPING, async (unit) => this.failIn(unit, state, pauseMs, null));
  }

  /** In this unit: the witness says that it has seen another history, and is not soon asked again. */
  disputedIn(unit: Unit, state: AuditWitness, size: number): void {
    this.failIn(unit, state, LONGEST_PAUSE_MS, size);
  }

  private failIn(unit: Unit, state: AuditWitness, pauseMs: number, disputedSize: number | null): void {
    const now = this.clock.now();
    unit.append(
      `UPDATE audit_witness SET next_at = ?, failures = failures + 1, failing_since = COALESCE(failing_since, ?),
         disputed_size = ? WHERE log_number = ? AND witness = ?`,
      [new Date(now.getTime() + pauseMs), now, disputedSize, state.logNumber, state.witness],
    );
  }
}
