import { Injectable } from '@nestjs/common';
import type { CommittingUnit } from './unit.js';

type BeforeCommit = (unit: CommittingUnit) => Promise<void>;

/** Lets parts of the kernel add to every recorded unit in its own transaction. */
@Injectable()
export class UnitHooks {
  private readonly hooks: BeforeCommit[] = [];
  private readonly exceptions: (() => Promise<boolean>)[] = [];

  /** Calls `hook` inside each recorded unit after its work and before its audit entry is written. */
  beforeCommit(hook: BeforeCommit): void {
    this.hooks.push(hook);
  }

  /** A unit that fails while this holds leaves no entry. Asked after the rollback. */
  unrecordedWhen(holds: () => Promise<boolean>): void {
    this.exceptions.push(holds);
  }

  async isUnrecorded(): Promise<boolean> {
    for (const holds of this.exceptions) if (await holds()) return true;
    return false;
  }

  /** What {@link beforeCommit} was given, in that order. */
  get beforeEachCommit(): readonly BeforeCommit[] {
    return this.hooks;
  }
}
