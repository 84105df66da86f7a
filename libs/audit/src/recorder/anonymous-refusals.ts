import { Injectable, Logger, type BeforeApplicationShutdown } from '@nestjs/common';
import {
  Clock,
  type ConfigOf,
  InjectConfig,
  networkOf,
  newRequestState,
  RequestContext,
  UnitOfWork,
} from '#kernel';
import { auditConfig } from '../audit.config.js';
import { ClientAddress } from './client-address.js';
import { EntryWriter } from './entry-writer.js';

const MINUTE_MS = 60_000;
const ACTION = 'audit.refusals_capped';

interface LeftOut {
  /** Undefined for clients that are counted together. */
  readonly network: string | undefined;
  readonly counts: ReadonlyMap<string, number>;
}

/** One client's refusals in one minute. */
class Tally {
  recorded = 0;
  /** How many of which code got no entry, and have not been told of yet. */
  leftOut = new Map<string, number>();

  constructor(readonly network?: string) {}

  leaveOut(errorCode: string): void {
    this.leftOut.set(errorCode, (this.leftOut.get(errorCode) ?? 0) + 1);
  }

  takeLeftOut(): LeftOut[] {
    const { network, leftOut } = this;
    this.leftOut = new Map();
    return leftOut.size > 0 ? [{ network, counts: leftOut }] : [];
  }
}

/** One minute; whoever comes when all its entries are used up is counted together with the others. */
class Minute {
  private recorded = 0;
  private readonly clients = new Map<string, Tally>();
  private readonly others = new Tally();

  constructor(readonly startedAt: number) {}

  /** Whether this refusal gets an entry of its own. */
  admit(network: string, errorCode: string, limits: ConfigOf<typeof auditConfig>['refusals']): boolean {
    const isFull = this.recorded >= limits.together;
    const tally = this.clients.get(network) ?? (isFull ? this.others : new Tally(network));
    if (tally !== this.others) this.clients.set(network, tally);
    if (isFull || tally.recorded >= limits.perClient) {
      tally.leaveOut(errorCode);
      return false;
    }
    this.recorded += 1;
    tally.recorded += 1;
    return true;
  }

  takeLeftOut(): LeftOut[] {
    return [...this.clients.values(), this.others].flatMap((tally) => tally.takeLeftOut());
  }
}

/**
 * Caps how many entries clients that are not logged in can leave by being refused: else anybody could fill the disk.
 * What is beyond the cap is counted in memory, and told in one entry per client when its minute is over.
 */
@Injectable()
export class AnonymousRefusals implements BeforeApplicationShutdown {
  private readonly logger = new Logger('Audit');
  private minute = new Minute(0);
  private timer: NodeJS.Timeout | undefined;
  private readonly telling = new Set<Promise<void>>();

  constructor(
    private readonly entries: EntryWriter,
    private readonly address: ClientAddress,
    private readonly units: UnitOfWork,
    private readonly context: RequestContext,
    private readonly clock: Clock,
    @InjectConfig(auditConfig) private readonly config: ConfigOf<typeof auditConfig>,
  ) {}

  /** Whether the present refusal gets an entry; when it does not, it has been counted. */
  admit(errorCode: string): boolean {
    const state = this.context.get();
    if (!state || state.principal) return true;
    this.turn();
    const network = state.clientAddress === undefined ? '' : networkOf(state.clientAddress);
    const isAdmitted = this.minute.admit(network, errorCode, this.config.refusals);
    if (!isAdmitted) this.timer ??= this.atTheEnd();
    return isAdmitted;
  }

  /** Tells what was left out so far: a process that stops takes its counts with it. */
  async beforeApplicationShutdown(): Promise<void> {
    this.tell();
    await Promise.all(this.telling);
  }

  private turn(): void {
    const now = this.clock.now().getTime();
    const startedAt = now - (now % MINUTE_MS);
    if (startedAt === this.minute.startedAt) return;
    this.tell();
    this.minute = new Minute(startedAt);
  }

  private atTheEnd(): NodeJS.Timeout {
    const leftMs = this.minute.startedAt + MINUTE_MS - this.clock.now().getTime();
    return setTimeout(() => this.tell(), leftMs).unref();
  }

  private tell(): void {
    clearTimeout(this.timer);
    this.timer = undefined;
    const { startedAt } = this.minute;
    const told = this.tellOf(startedAt, this.minute.takeLeftOut());
    this.telling.add(told);
    void told.finally(() => this.telling.delete(told));
  }

  private async tellOf(startedAt: number, leftOut: readonly LeftOut[]): Promise<void> {
    for (const { network, counts } of leftOut) {
      const details = { minute: new Date(startedAt).toISOString(), ...detailsOf(counts) };
      const state = newRequestState(network ? { clientAddress: network } : {});
      await this.context
        .run(state, () => this.write(details))
        .catch((error: unknown) => {
          this.logger.error({ err: error, ...details }, 'refusals that were left out could not be recorded');
        });
    }
  }

  private async write(details: Readonly<Record<string, unknown>>): Promise<void> {
    await this.address.prepare();
    await this.units.run({ action: ACTION, recorded: false }, async (unit) => {
      const facts = { id: unit.id, occurredAt: unit.startedAt, intent: { action: ACTION } };
      this.entries.append(unit, { ...facts, outcome: 'refused', details });
    });
  }
}

function detailsOf(counts: ReadonlyMap<string, number>) {
  const leftOut = [...counts.values()].reduce((sum, count) => sum + count, 0);
  return { leftOut, codes: Object.fromEntries([...counts].sort()) };
}
