import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import {
  Clock,
  type ConfigOf,
  Database,
  InjectConfig,
  InjectRepository,
  MissedUpdate,
  Recurring,
  type Unit,
  UnitOfWork,
} from '#kernel';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { AuditRetention } from '../entities/audit-retention.entity.js';
import { ExpirableEntries, type Span } from './expirable-entries.js';
import { PayloadEraser } from './payload-eraser.js';
import { EXPIRY } from './retention-policy.js';
import { retentionConfig } from './retention.config.js';

const DAY_MS = 86_400_000;
const ENTRIES_PER_PAGE = 200;
/** A page ends with the entry with which it has so many row changes: on SQLite everybody else waits for it. */
const ENOUGH_CHANGES = 1_000;
/** So many pages are looked at in one run; the next one follows at once. */
const PAGES_PER_RUN = 50;

/** Which of the columns of {@link AuditRetention} moves. */
type Position = 'reached_id' | 'rechecked_id';

interface DueSpan extends Span {
  readonly days: number;
}

interface DueAction extends Omit<DueSpan, 'after' | 'upTo'> {
  readonly reached: string | null;
  readonly rechecked: string | null;
}

/** How far a page came. */
interface Progress {
  readonly last: string | null;
  readonly isEnd: boolean;
}

/**
 * Drops the payloads of entries whose retention has ended, action by action and oldest first; leaves and proofs stay. An
 * entry that holds the last image of a row is held back, and looked at again in turn.
 */
@Injectable()
export class ExpirePayloads {
  constructor(
    @InjectRepository(AuditEntry) private readonly entries: Repository<AuditEntry>,
    @InjectRepository(AuditRetention) private readonly positions: Repository<AuditRetention>,
    private readonly expirable: ExpirableEntries,
    private readonly eraser: PayloadEraser,
    private readonly units: UnitOfWork,
    private readonly clock: Clock,
    private readonly database: Database,
    @InjectConfig(retentionConfig) private readonly config: ConfigOf<typeof retentionConfig>,
  ) {}

  /** Looks at entries that have become due; true while there are more. */
  @Recurring({ name: EXPIRY, everyMs: DAY_MS / 24 })
  async expire(): Promise<boolean> {
    let pages = 0;
    for (const { reached, rechecked: _, ...span } of await this.dueActions()) {
      for (let at: Progress = { last: reached, isEnd: false }; !at.isEnd; pages += 1) {
        if (pages === PAGES_PER_RUN) return true;
        at = await this.page({ ...span, after: at.last }, 'reached_id');
      }
    }
    return false;
  }

  /** Looks again at a page of each action: what was held back may have become free. */
  @Recurring({ name: 'audit.expire_held_payloads', everyMs: 60_000 })
  async expireHeld(): Promise<void> {
    for (const { reached, rechecked, ...span } of await this.dueActions()) {
      if (reached !== null) await this.page({ ...span, after: rechecked, upTo: reached }, 'rechecked_id');
    }
  }

  private async dueActions(): Promise<DueAction[]> {
    if (this.config.policy.isEmpty) return [];
    const known = new Map((await this.positions.find()).map((position) => [position.action, position]));
    const now = this.clock.now().getTime();
    return (await this.expirable.actions()).flatMap((action) => {
      const days = this.config.policy.daysOf(action);
      if (days === undefined) return [];
      const { reachedId = null, recheckedId = null } = known.get(action) ?? {};
      const before = new Date(now - days * DAY_MS);
      return [{ action, days, before, reached: reachedId, rechecked: recheckedId }];
    });
  }

  /** Looks at the next due entries, and drops what may go, in one unit. */
  private async page(span: DueSpan, position: Position): Promise<Progress> {
    const ids = await this.expirable.next(span, ENTRIES_PER_PAGE);
    const found = await this.entries.find({ where: { id: In(ids) }, order: { id: 'ASC' } });
    const due = found.filter(({ isExpired, occurredAt }) => !isExpired && occurredAt < span.before);
    const counts = await this.expirable.changeCounts(due);
    const page = firstOf(due, counts);
    const held = await this.expirable.holding(page);
    const isCut = page.length < due.length;
    const isEnd = !isCut && ids.length < ENTRIES_PER_PAGE;
    const last = (isCut ? page.at(-1)?.id : ids.at(-1)) ?? span.after;
    // Whoever looks again begins anew behind the last one.
    const next = isEnd && position === 'rechecked_id' ? null : last;
    const remember = (unit: Unit) => this.rememberIn(unit, span.action, position, next);
    const free = page.filter(({ id }) => !held.has(id));
    if (free.length > 0) {
      const changes = free.reduce((sum, { id }) => sum + (counts.get(id) ?? 0), 0);
      await this.drop(span, free, { changes, held: held.size }, remember);
    } else if (next !== span.after) {
      await this.units.run({ action: EXPIRY, recorded: false }, async (unit) => remember(unit));
    }
    return { last, isEnd };
  }

  private async drop(
    { action, days }: DueSpan,
    entries: readonly AuditEntry[],
    counts: { readonly changes: number; readonly held: number },
    remember: (unit: Unit) => void,
  ): Promise<void> {
    const [first, last] = [entries[0]?.id, entries.at(-1)?.id];
    try {
      await this.units.run({ action: EXPIRY }, async (unit) => {
        await this.eraser.erase(unit, entries);
        unit.describe({ details: { action, days, entries: entries.length, ...counts, first, last } });
        remember(unit);
      });
    } catch (error) {
      // Another process was faster with one of them; what it left is looked at again.
      if (!(error instanceof MissedUpdate)) throw error;
    }
  }

  private rememberIn(unit: Unit, action: string, position: Position, id: string | null): void {
    unit.append(
      `INSERT INTO audit_retention (action, ${position}) VALUES (?, ?) ${this.database.dialect.onConflict(['action'])} ${position} = ?`,
      [action, id, id],
    );
  }
}

/** As many entries as have not too many row changes together, and one at least. */
function firstOf(entries: readonly AuditEntry[], counts: ReadonlyMap<string, number>): readonly AuditEntry[] {
  let changes = 0;
  const end = entries.findIndex(({ id }) => (changes += counts.get(id) ?? 0) >= ENOUGH_CHANGES);
  return end < 0 ? entries : entries.slice(0, end + 1);
}
