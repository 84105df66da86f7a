import { Injectable } from '@nestjs/common';
import { type FindOptionsWhere, IsNull, MoreThan, type Repository } from 'typeorm';
import { InjectRepository } from '#kernel';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { RowChange } from '../entities/row-change.entity.js';

export interface FoundChanges {
  readonly changes: readonly RowChange[];
  /** Where the next page begins; undefined when there is none. */
  readonly next: number | undefined;
}

/** Finds the row changes that an entry accounts for. */
@Injectable()
export class EntryChanges {
  constructor(
    @InjectRepository(AuditEntry) private readonly entries: Repository<AuditEntry>,
    @InjectRepository(RowChange) private readonly changes: Repository<RowChange>,
  ) {}

  /** The next changes behind the one with the id `after`, in their order. */
  async page(
    entry: AuditEntry,
    { after, limit }: { after?: number | undefined; limit: number },
  ): Promise<FoundChanges> {
    return this.inPlace(entry, async (place) => {
      const found = await this.changes.find({
        where: { ...place, ...(after === undefined ? {} : { id: MoreThan(String(after)) }) },
        order: { id: 'ASC' },
        take: limit + 1,
      });
      const changes = found.slice(0, limit);
      return { changes, next: found.length > limit ? Number(changes.at(-1)?.id) : undefined };
    });
  }

  /** How many there are. */
  async count(entry: AuditEntry): Promise<number> {
    return this.inPlace(entry, (place) => this.changes.countBy(place));
  }

  /**
   * The changes of a sequenced entry lie at its place in the log, the others are those that name it and wait as well.
   * When the sequencer was faster than `read`, what was read may be a part, and it is read again.
   */
  private async inPlace<T>(
    entry: AuditEntry,
    read: (place: FindOptionsWhere<RowChange>) => Promise<T>,
  ): Promise<T> {
    const { id: entryId, leafIndex, logNumber } = entry;
    if (leafIndex !== null && logNumber !== null) return read({ leafIndex, logNumber, entryId });
    const found = await read({ leafIndex: IsNull(), logNumber: IsNull(), entryId });
    const now = await this.entries.findOneByOrFail({ id: entryId });
    return now.leafIndex === null ? found : this.inPlace(now, read);
  }
}
