import { Injectable } from '@nestjs/common';
import { In, MoreThan, type Repository } from 'typeorm';
import { Clock, InjectRepository } from '#kernel';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { AuditEntrySubject } from '../entities/audit-entry-subject.entity.js';
import type { EntryFilter } from './entry-filter.js';
import { EntrySearch } from './entry-search.js';

const ENTRIES_PER_PAGE = 250;
const SUBJECTS_PER_PAGE = 10_000;

/** Reads many entries, oldest first, in pages: no transaction stays open, and what is in memory stays the same. */
@Injectable()
export class EntryWalk {
  constructor(
    @InjectRepository(AuditEntry) private readonly entries: Repository<AuditEntry>,
    @InjectRepository(AuditEntrySubject) private readonly lists: Repository<AuditEntrySubject>,
    private readonly search: EntrySearch,
    private readonly clock: Clock,
  ) {}

  /** The entries that match and have occurred before this begins, so that it ends while others are written. */
  async *pages(filter: EntryFilter): AsyncGenerator<readonly AuditEntry[], void, undefined> {
    const now = this.clock.now();
    const to = filter.to && filter.to < now ? filter.to : now;
    for (let after: string | undefined; ;) {
      const page = { after, limit: ENTRIES_PER_PAGE, direction: 'ASC' } as const;
      const { ids, next } = await this.search.page({ ...filter, to }, page);
      if (ids.length > 0)
        yield await this.entries.find({ where: { id: In([...ids]) }, order: { id: 'ASC' } });
      if (next === undefined) return;
      after = next;
    }
  }

  /** The people whom each of these entries is about. The lists of a page come one after the other when they are long. */
  async *subjects(
    entries: readonly AuditEntry[],
  ): AsyncGenerator<{ readonly entry: AuditEntry; readonly subject: string }, void, undefined> {
    for (const entry of entries) {
      if (entry.subjectId !== null) yield { entry, subject: entry.subjectId };
    }
    const listing = entries.filter(({ subjectId, isExpired }) => subjectId === null && !isExpired);
    const byId = new Map(listing.map((entry) => [entry.id, entry]));
    const all = await this.listed([...byId.keys()]);
    const isWhole = all.length < SUBJECTS_PER_PAGE;
    for await (const { entryId, subjectId } of isWhole ? all : this.listedSingly([...byId.keys()])) {
      const entry = byId.get(entryId);
      if (entry) yield { entry, subject: subjectId };
    }
  }

  private async *listedSingly(ids: readonly string[]): AsyncGenerator<AuditEntrySubject, void, undefined> {
    for (const id of ids) {
      for (let after: string | undefined; ;) {
        const page = await this.listed([id], after);
        yield* page;
        if (page.length < SUBJECTS_PER_PAGE) break;
        after = page.at(-1)?.subjectId;
      }
    }
  }

  private async listed(ids: readonly string[], after?: string): Promise<AuditEntrySubject[]> {
    if (ids.length === 0) return [];
    return this.lists.find({
      where: { entryId: In([...ids]), ...(after === undefined ? {} : { subjectId: MoreThan(after) }) },
      order: { entryId: 'ASC', subjectId: 'ASC' },
      take: SUBJECTS_PER_PAGE,
    });
  }
}
