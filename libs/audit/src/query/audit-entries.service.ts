import { Injectable } from '@nestjs/common';
import { In, IsNull, type Repository } from 'typeorm';
import { decodeCursor, encodeCursor, InjectRepository, type Page } from '#kernel';
import { Vault } from '#vault';
import { auditErrors } from '../audit.errors.js';
import { AuditEntryDetailResponse } from '../dto/audit-entry-detail.response.js';
import { AuditEntryResponse } from '../dto/audit-entry.response.js';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { AuditEntrySubject } from '../entities/audit-entry-subject.entity.js';
import { RowChange } from '../entities/row-change.entity.js';
import type { EntryFilter } from './entry-filter.js';
import { EntrySearch } from './entry-search.js';
import { ReadableChanges } from './readable-changes.js';

const MAX_CHANGES = 500;
const MAX_SUBJECTS = 1_000;

/** Reads the record for auditors. */
@Injectable()
export class AuditEntriesService {
  constructor(
    @InjectRepository(AuditEntry) private readonly entries: Repository<AuditEntry>,
    @InjectRepository(AuditEntrySubject) private readonly subjects: Repository<AuditEntrySubject>,
    @InjectRepository(RowChange) private readonly changes: Repository<RowChange>,
    private readonly search: EntrySearch,
    private readonly readable: ReadableChanges,
    private readonly vault: Vault,
  ) {}

  /** The newest entries that match. With `purpose` the client addresses come in clear, and that is on the record. */
  async list(
    filter: EntryFilter,
    page: { readonly limit: number; readonly cursor?: string | undefined },
    purpose?: string,
  ): Promise<Page<AuditEntryResponse>> {
    const after = page.cursor === undefined ? undefined : decodeCursor(page.cursor);
    const { ids, next } = await this.search.page(filter, { after, limit: page.limit });
    const rows =
      ids.length > 0 ? await this.entries.find({ where: { id: In([...ids]) }, order: { id: 'DESC' } }) : [];
    const revealed = await this.reveal(rows, purpose);
    return {
      items: rows.map((row, index) => new AuditEntryResponse(row, revealed?.[index])),
      nextCursor: next === undefined ? null : encodeCursor(next),
    };
  }

  /** One entry with its subjects and row changes. Throws `audit.entry_not_found`. */
  async get(id: string, purpose?: string): Promise<AuditEntryDetailResponse> {
    const entry = await this.entries.findOneBy({ id });
    if (!entry) throw auditErrors.problem('audit.entry_not_found');
    const [subjects, { changes, changeCount }] = await Promise.all([
      this.subjects.find({ where: { entryId: id }, order: { subjectId: 'ASC' }, take: MAX_SUBJECTS }),
      this.changesOf(entry),
    ]);
    const contents = {
      subjects: entry.subjectId === null ? subjects.map(({ subjectId }) => subjectId) : [entry.subjectId],
      changes: changes.map((change) => this.readable.read(change)),
      changeCount,
    };
    const [revealed] = (await this.reveal([entry], purpose)) ?? [];
    return new AuditEntryDetailResponse(entry, contents, revealed);
  }

  /** The changes of a sequenced entry lie at its place in the log, the others are those that name it and wait as well. */
  private async changesOf({
    id,
    leafIndex,
    logNumber,
  }: AuditEntry): Promise<{ changes: RowChange[]; changeCount: number }> {
    const isWaiting = leafIndex === null || logNumber === null;
    const where = isWaiting
      ? { leafIndex: IsNull(), logNumber: IsNull(), entryId: id }
      : { leafIndex, logNumber };
    const [changes, changeCount] = await Promise.all([
      this.changes.find({ where, order: { id: 'ASC' }, take: MAX_CHANGES }),
      this.changes.countBy(where),
    ]);
    const now = isWaiting ? await this.entries.findOneByOrFail({ id }) : undefined;
    // The sequencer was faster: what was read may be a part.
    return now && now.leafIndex !== null ? this.changesOf(now) : { changes, changeCount };
  }

  private async reveal(rows: readonly AuditEntry[], purpose: string | undefined) {
    return purpose === undefined ? undefined : this.vault.reveal(rows, ['clientAddress'], purpose);
  }
}
