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
import { auditConfig } from '../audit.config.js';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { AuditRetention } from '../entities/audit-retention.entity.js';
import { ExpirableEntries, type Span } from './expirable-entries.js';
import { PayloadEraser } from './payload-eraser.js';
import { EXPIRY } from './retention-policy.js';

const DAY_MS = 86_400_000;
const ENTRIES_PER_PAGE = 200;
/** A page ends with the entry with which it has so many row changes. */
const ENOUGH_CHANGES = 5_000;
/** So many pages are looked at in one run; the next one follows at once. */
const PAGES_PER_RUN = 50;
/** So many pages of each action, of entries that were held back, are looked at again in an hour. */
const RECHECKED_PAGES = 25;

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
  /** The last entry that was looked at; null when none was. */
  readonly last: string | null;
  readonly isEnd: boolean;
}

/**
 * Drops the payloads of entries whose retention has ended, action by action and oldest first; leaves and proofs stay. An
 * entry that holds the last image of a row is held back, and looked at again in later runs.
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
    @InjectConfig(auditConfig) private readonly config: ConfigOf<typeof auditConfig>,
  ) {}

  /** Does a part; true while more entries are due. */
  @Recurring({ name: EXPIRY, everyMs: DAY_MS / 24 })
  async expire(): Promise<boolean> {
    if (this.config.retention.isEmpty) return false;
    const due = await this.dueActions();
    let pages = 0;
    for (const { reached, rechecked: _, ...span } of due) {
      for (let at: Progress = { last: reached, isEnd: false }; !at.isEnd; pages += 1) {
        if (pages === PAGES_PER_RUN) return true;
        at = await this.page({ ...span, after: at.last }, 'reached_id');
      }
    }
    for (const { reached, rechecked, ...span } of due) {
      if (reached !== null) await this.recheck({ ...span, after: rechecked, upTo: reached });
    }
    return false;
  }

  private async dueActions(): Promise<DueAction[]> {
    const known = new Map((await this.positions.find()).map((position) => [position.action, position]));
    const now = this.clock.now().getTime();
    return (await this.expirable.actions()).flatMap((action) => {
      const days = this.config.retention.daysOf(action);
      if (days === undefined) return [];
      const { reachedId = null, recheckedId = null } = known.get(action) ?? {};
      const before = new Date(now - days * DAY_MS);
      return [{ action, days, before, reached: reachedId, rechecked: recheckedId }];
    });
  }

  /** Goes on among those that were looked at before, and begins anew behind the last one. */
  private async recheck(span: DueSpan): Promise<void> {
    let at: Progress = { last: span.after, isEnd: false };
    for (let pages = 0; pages < RECHECKED_PAGES && !at.isEnd; pages += 1)
      at = await this.page({ ...span, after: at.last }, 'rechecked_id');
    if (at.isEnd) await this.remember(span.action, 'rechecked_id', null);
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
    const last = (isCut ? page.at(-1)?.id : ids.at(-1)) ?? span.after;
    const free = page.filter(({ id }) => !held.has(id));
    if (free.length > 0) {
      const changes = free.reduce((sum, { id }) => sum + (counts.get(id) ?? 0), 0);
      await this.drop(span, free, { changes, held: held.size }, (unit) =>
        this.rememberIn(unit, span.action, position, last),
      );
    } else if (last !== span.after) await this.remember(span.action, position, last);
    return { last, isEnd: !isCut && ids.length < ENTRIES_PER_PAGE };
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

  private remember(action: string, position: Position, id: string | null): Promise<void> {
    return this.units.run({ action: EXPIRY, recorded: false }, async (unit) =>
      this.rememberIn(unit, action, position, id),
    );
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
