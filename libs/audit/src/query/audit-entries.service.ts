import { Injectable } from '@nestjs/common';
import { In, MoreThan, type Repository } from 'typeorm';
import { decodeCursor, encodeCursor, InjectRepository, type Page } from '#kernel';
import { Vault } from '#vault';
import { auditErrors } from '../audit.errors.js';
import { AuditEntryDetailResponse } from '../dto/audit-entry-detail.response.js';
import { AuditEntryResponse } from '../dto/audit-entry.response.js';
import type { RowChangeResponse } from '../dto/row-change.response.js';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { AuditEntrySubject } from '../entities/audit-entry-subject.entity.js';
import { cursorAt, numberAt, wordAt } from './cursors.js';
import { EntryChanges } from './entry-changes.js';
import type { EntryFilter } from './entry-filter.js';
import { EntrySearch } from './entry-search.js';
import { ReadableChanges } from './readable-changes.js';

/** How many changes and subjects an entry shows by itself. */
const FIRST = 100;

export interface PageWish {
  readonly limit: number;
  readonly cursor?: string | undefined;
}

/** For what sealed data is to be opened; what has no purpose stays sealed. */
export interface RevealWish {
  readonly clientAddress?: string | undefined;
  readonly changes?: string | undefined;
}

/** Reads the record for auditors. */
@Injectable()
export class AuditEntriesService {
  constructor(
    @InjectRepository(AuditEntry) private readonly entries: Repository<AuditEntry>,
    @InjectRepository(AuditEntrySubject) private readonly subjects: Repository<AuditEntrySubject>,
    private readonly changes: EntryChanges,
    private readonly search: EntrySearch,
    private readonly readable: ReadableChanges,
    private readonly vault: Vault,
  ) {}

  /** The newest entries that match. With `purpose` the client addresses come in clear, and that is on the record. */
  async list(filter: EntryFilter, page: PageWish, purpose?: string): Promise<Page<AuditEntryResponse>> {
    const after = page.cursor === undefined ? undefined : decodeCursor(page.cursor);
    const { ids, next } = await this.search.page(filter, { after, limit: page.limit });
    const rows =
      ids.length > 0 ? await this.entries.find({ where: { id: In([...ids]) }, order: { id: 'DESC' } }) : [];
    const revealed = await this.addresses(rows, purpose);
    return {
      items: rows.map((row, index) => new AuditEntryResponse(row, revealed?.[index])),
      nextCursor: next === undefined ? null : encodeCursor(next),
    };
  }

  /** One entry with its first subjects and row changes. Throws `audit.entry_not_found`. */
  async get(id: string, reveal: RevealWish = {}): Promise<AuditEntryDetailResponse> {
    const entry = await this.find(id);
    const [subjects, { changes, next }, changeCount] = await Promise.all([
      this.subjectsOf(entry, { limit: FIRST }),
      this.changes.page(entry, { limit: FIRST }),
      this.changes.count(entry),
    ]);
    const [revealed] = (await this.addresses([entry], reveal.clientAddress)) ?? [];
    const contents = {
      subjects: subjects.items,
      nextSubjectsCursor: subjects.nextCursor,
      changes: await this.readable.read(changes, reveal.changes),
      changeCount,
      nextChangesCursor: next === undefined ? null : cursorAt(next),
    };
    return new AuditEntryDetailResponse(entry, contents, revealed);
  }

  /** The row changes of an entry in their order. Throws `audit.entry_not_found`. */
  async changesOf(
    id: string,
    { limit, cursor }: PageWish,
    purpose?: string,
  ): Promise<Page<RowChangeResponse>> {
    const after = numberAt(cursor);
    const { changes, next } = await this.changes.page(await this.find(id), { after, limit });
    return {
      items: await this.readable.read(changes, purpose),
      nextCursor: next === undefined ? null : cursorAt(next),
    };
  }

  /** The ids of everybody whom an entry is about. Throws `audit.entry_not_found`. */
  async subjectsOfEntry(id: string, page: PageWish): Promise<Page<string>> {
    return this.subjectsOf(await this.find(id), page);
  }

  private async find(id: string): Promise<AuditEntry> {
    const entry = await this.entries.findOneBy({ id });
    if (!entry) throw auditErrors.problem('audit.entry_not_found');
    return entry;
  }

  private async subjectsOf(
    { id, subjectId }: AuditEntry,
    { limit, cursor }: PageWish,
  ): Promise<Page<string>> {
    const after = wordAt(cursor);
    if (subjectId !== null) return { items: after === undefined ? [subjectId] : [], nextCursor: null };
    const found = await this.subjects.find({
      where: { entryId: id, ...(after === undefined ? {} : { subjectId: MoreThan(after) }) },
      order: { subjectId: 'ASC' },
      take: limit + 1,
    });
    const items = found.slice(0, limit).map((row) => row.subjectId);
    const last = items.at(-1);
    return { items, nextCursor: found.length > limit && last !== undefined ? cursorAt(last) : null };
  }

  private async addresses(rows: readonly AuditEntry[], purpose: string | undefined) {
    return purpose === undefined ? undefined : this.vault.reveal(rows, ['clientAddress'], purpose);
  }
}
