import { Injectable } from '@nestjs/common';
import type { CommittingUnit } from './unit.js';

/** What a hook still has to do; most only add to the unit's tail, and are done when they return. */
type BeforeCommit = (unit: CommittingUnit) => Promise<void> | undefined;

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

  /** What is still to be awaited; the hooks have begun in their order. */
  run(unit: CommittingUnit): Promise<unknown> | undefined {
    const pending = this.hooks.map((hook) => hook(unit)).filter((each) => each !== undefined);
    return pending.length > 0 ? Promise.all(pending) : undefined;
  }
}
