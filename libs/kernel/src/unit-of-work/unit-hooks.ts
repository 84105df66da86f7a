import { Injectable } from '@nestjs/common';
import type { CommittingUnit } from './unit.js';

type BeforeCommit = (unit: CommittingUnit) => Promise<void> | void;

/** Lets parts of the kernel add to every recorded unit in its own transaction. */
@Injectable()
export class UnitHooks {
  private readonly hooks: BeforeCommit[] = [];
  private readonly exceptions: ((error: unknown) => boolean)[] = [];

  /** Calls `hook` inside each recorded unit after its work and before its audit entry is written. */
  beforeCommit(hook: BeforeCommit): void {
    this.hooks.push(hook);
  }

  /** A unit that ends with an error for which this holds leaves no entry. */
  unrecordedWhen(holds: (error: unknown) => boolean): void {
    this.exceptions.push(holds);
  }

  isUnrecorded(error: unknown): boolean {
    return this.exceptions.some((holds) => holds(error));
  }

  async run(unit: CommittingUnit): Promise<void> {
    for (const hook of this.hooks) await hook(unit);
  }
}
