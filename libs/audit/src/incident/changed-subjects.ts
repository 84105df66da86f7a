import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import { InjectRepository } from '#kernel';
import type { AuditEntry } from '../entities/audit-entry.entity.js';
import { RowChange } from '../entities/row-change.entity.js';
import { EntryChanges } from '../query/entry-changes.js';
import { imageOf, RowImages } from '../query/row-images.js';

const CHANGES_PER_PAGE = 1_000;

export interface ChangedSubject {
  readonly entry: AuditEntry;
  readonly subject: string;
}

/** Finds the people about whom rows were changed: images hold the column that names them. */
@Injectable()
export class ChangedSubjects {
  constructor(
    @InjectRepository(RowChange) private readonly changes: Repository<RowChange>,
    private readonly entryChanges: EntryChanges,
    private readonly images: RowImages,
  ) {}

  /** Of each of these entries; somebody may come several times. */
  async *of(entries: readonly AuditEntry[]): AsyncGenerator<ChangedSubject, void, undefined> {
    const placed = entries.filter(({ leafIndex }) => leafIndex !== null);
    const all = await this.together(placed);
    const isWhole = all.length < CHANGES_PER_PAGE;
    const byId = new Map(placed.map((entry) => [entry.id, entry]));
    for (const change of isWhole ? all : []) {
      const entry = byId.get(change.entryId ?? '');
      if (entry) yield* this.subjectsOf(entry, change);
    }
    // Those that wait for their place are few; they may get it meanwhile.
    for (const entry of entries) {
      if (!isWhole || entry.leafIndex === null) yield* this.singly(entry);
    }
  }

  private async *singly(entry: AuditEntry): AsyncGenerator<ChangedSubject, void, undefined> {
    for (let after: number | undefined; ;) {
      const { changes, next } = await this.entryChanges.page(entry, { after, limit: CHANGES_PER_PAGE });
      for (const change of changes) yield* this.subjectsOf(entry, change);
      if (next === undefined) return;
      after = next;
    }
  }

  private *subjectsOf(entry: AuditEntry, change: RowChange): Generator<ChangedSubject, void, undefined> {
    for (const image of [change.beforeImage, change.afterImage]) {
      if (image === null) continue;
      for (const subject of this.images.subjectsIn(change.tableName, imageOf(image)))
        yield { entry, subject };
    }
  }

  /** The changes of entries that have their place, in one statement; cut off when they are too many. */
  private async together(entries: readonly AuditEntry[]): Promise<RowChange[]> {
    const tableName = In(this.images.tablesWithSubjects());
    const where = [...new Set(entries.map(({ logNumber }) => logNumber))].map((logNumber) => {
      const leaves = entries
        .filter((entry) => entry.logNumber === logNumber)
        .map(({ leafIndex }) => leafIndex);
      return { tableName, leafIndex: In(leaves), logNumber: In([logNumber]) };
    });
    return where.length > 0 ? this.changes.find({ where, take: CHANGES_PER_PAGE }) : [];
  }
}
