import type { EntityManager, QueryRunner } from 'typeorm';
import { Ambient } from '../context/ambient.js';
import { type Frame, framed, type Statement } from '../database/dialects/dialect.js';
import type { DomainEvent } from '../outbox/domain-event.js';

/** What a unit of work is about; it becomes the audit entry. */
export interface UnitIntent {
  /** `noun.verb`, such as `payment.capture`. */
  readonly action: string;
  readonly resource?: { readonly type: string; readonly id: string };
  /** The id of the person whom the change is about. */
  readonly subject?: string;
  readonly purpose?: string;
  /** Bookkeeping that touches only tables whose changes are not captured: it leaves no audit entry. */
  readonly recorded?: false;
  /** Its transaction takes long: no other unit shares it. */
  readonly alone?: true;
}

export type UnitDescription = Partial<Pick<UnitIntent, 'resource' | 'subject' | 'purpose'>> & {
  /** Plain facts for the entry. No personal data in clear, no secrets. */
  readonly details?: Readonly<Record<string, unknown>>;
};

/** An event on its way to the outbox. */
export interface PublishedEvent {
  readonly event: DomainEvent;
  readonly availableAt: Date;
}

/** One transaction, and what will be written with it. */
export interface Unit {
  /** Also the id of the audit entry; a retry gets a new one. */
  readonly id: string;
  readonly manager: EntityManager;
  readonly intent: UnitIntent;
  readonly startedAt: Date;
  /** Adds to what the audit entry will say; later words win. */
  describe(description: UnitDescription): void;
  /** Puts an event into the outbox, in this transaction. `after` delays its handling. */
  publish(event: DomainEvent, options?: { after?: Date }): void;
  /**
   * Adds a statement to the unit's tail, which runs in one go right before COMMIT. One that `mustHit` has to change
   * exactly one row, or that many: else nothing is committed and the unit fails with {@link MissedUpdate}.
   */
  append(sql: string, parameters: readonly unknown[], options?: { mustHit?: boolean | number }): void;
  /**
   * Adds a statement about one list of values to the unit's tail: units that are committed together share it, each with
   * its list in the same frame.
   */
  appendShared(frame: Frame, values: readonly unknown[]): void;
  /** Runs after the commit, never after a rollback. It must not throw. */
  onCommitted(callback: () => void): void;
}

/**
 * Somebody else was faster with a row that a unit's tail must change; the unit rolled back. It leaves no entry: the
 * caller catches it, looks at the row, and decides in another unit.
 */
export class MissedUpdate extends Error {}

/** What the recorder and the hooks see of a unit that is about to commit. */
export interface CommittingUnit extends Unit {
  readonly details: Readonly<Record<string, unknown>>;
  readonly events: readonly PublishedEvent[];
}

const present = new Ambient<OpenUnit>();

/** The unit of work that the running code belongs to. */
export const currentUnit = (): OpenUnit | undefined => present.value;

/** Runs `work` with `unit` as the present one. */
export const withUnit = <T>(unit: OpenUnit, work: () => T): T => present.run(unit, work);

/** A unit while it is open. */
export class OpenUnit implements CommittingUnit {
  private state: 'open' | 'closed' = 'open';
  doomedBy: { error: unknown } | undefined;
  details: Readonly<Record<string, unknown>> = {};
  readonly events: PublishedEvent[] = [];
  readonly tail: Statement[] = [];
  readonly committed: (() => void)[] = [];
  /** Set once the transaction has begun, which its first statement makes it do. */
  begun: Promise<void> | undefined;
  /** Set once the database was asked to commit. */
  isCommitting = false;
  /** Ends its turn, where units wait for one another. */
  leave: (() => void) | undefined;
  /** Set once somebody asked for the manager; a unit that is nothing but its tail has none. */
  connection: QueryRunner | undefined;
  private opened: EntityManager | undefined;

  constructor(
    readonly id: string,
    private readonly open: (unit: OpenUnit) => EntityManager,
    public intent: UnitIntent,
    readonly startedAt: Date,
  ) {}

  get manager(): EntityManager {
    return (this.opened ??= this.open(this));
  }

  describe({ details, ...description }: UnitDescription): void {
    this.intent = { ...this.intent, ...description };
    this.details = { ...this.details, ...details };
  }

  publish(event: DomainEvent, options: { after?: Date } = {}): void {
    this.events.push({ event, availableAt: options.after ?? this.startedAt });
  }

  append(
    sql: string,
    parameters: readonly unknown[],
    { mustHit = false }: { mustHit?: boolean | number } = {},
  ): void {
    this.tail.push({ sql, parameters, mustHit: mustHit === false ? undefined : Number(mustHit) });
  }

  appendShared(frame: Frame, values: readonly unknown[]): void {
    const mustHit = frame.mustHit ? 1 : undefined;
    this.tail.push({ sql: framed(frame, values), parameters: values, frame, mustHit });
  }

  onCommitted(callback: () => void): void {
    this.committed.push(callback);
  }

  /** From now on nothing of this unit may reach the database; the first cause is kept. */
  doom(error: unknown): void {
    this.doomedBy ??= { error };
  }

  close(): void {
    this.state = 'closed';
  }

  /** Throws when no further statement may run in this unit. */
  assertUsable(): void {
    if (this.doomedBy) throw this.doomedBy.error;
    if (this.state === 'closed') {
      throw new Error(
        `The unit of work "${this.intent.action}" is over; a promise inside it was not awaited`,
      );
    }
  }
}
