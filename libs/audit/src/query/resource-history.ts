import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import { Clock, InjectRepository, type Page } from '#kernel';
import {
  type ResourceAtResponse,
  ResourceVersionResponse,
  VersionEntryResponse,
} from '../dto/resource-history.js';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import type { RowChange } from '../entities/row-change.entity.js';
import type { PageWish } from './audit-entries.service.js';
import { cursorAt, numberAt } from './cursors.js';
import { ReadableChanges } from './readable-changes.js';
import { ResourceTables } from './resource-tables.js';
import { RowVersions } from './row-versions.js';

export interface ResourceName {
  readonly type: string;
  readonly id: string;
}

/** Tells what became of a resource, from the captured changes of its row. */
@Injectable()
export class ResourceHistory {
  constructor(
    @InjectRepository(AuditEntry) private readonly entries: Repository<AuditEntry>,
    private readonly tables: ResourceTables,
    private readonly versions: RowVersions,
    private readonly readable: ReadableChanges,
    private readonly clock: Clock,
  ) {}

  /** Its versions, newest first; none for a row of which no change is on record. Throws `audit.history_not_kept`. */
  async list(
    { type, id }: ResourceName,
    { limit, cursor }: PageWish,
    purpose?: string,
  ): Promise<Page<ResourceVersionResponse>> {
    const name = { table: this.tables.tableOf(type), row: id };
    const found = await this.versions.page(name, numberAt(cursor), limit + 1);
    const changes = found.slice(0, limit);
    const last = changes.at(-1);
    const read = await this.readable.read(changes, purpose);
    const entries = await this.entriesOf(changes);
    return {
      items: read.map((version, index) => ({ ...version, entry: entries[index] ?? null })),
      nextCursor: found.length > limit && last ? cursorAt(last.id) : null,
    };
  }

  /** The resource as it was at an instant. Throws `audit.history_not_kept`. */
  async at(name: ResourceName, at: Date = this.clock.now(), purpose?: string): Promise<ResourceAtResponse> {
    const { type, id } = name;
    const row = { table: this.tables.tableOf(type), row: id };
    const change = await this.versions.lastAt(row, at);
    const image = change?.afterImage ?? null;
    const [entry = null] = change ? await this.entriesOf([change]) : [];
    return {
      type,
      id,
      at: at.toISOString(),
      state: change ? (image === null ? 'absent' : 'present') : await this.stateBefore(row),
      fields: image === null ? null : await this.readable.row(row.table, image, purpose),
      changedAt: change?.changedAt.toISOString() ?? null,
      entry,
    };
  }

  private async stateBefore(row: Parameters<RowVersions['first']>[0]): Promise<'absent' | 'unknown'> {
    const first = await this.versions.first(row);
    return first?.operation === 'insert' ? 'absent' : 'unknown';
  }

  /** In the order of the changes; null for one that names no entry, or one that does not exist. */
  private async entriesOf(changes: readonly RowChange[]): Promise<(VersionEntryResponse | null)[]> {
    const ids = [...new Set(changes.flatMap(({ entryId }) => (entryId === null ? [] : [entryId])))];
    const entries = ids.length > 0 ? await this.entries.find({ where: { id: In(ids) } }) : [];
    const byId = new Map(entries.map((entry) => [entry.id, new VersionEntryResponse(entry)]));
    return changes.map(({ entryId }) => (entryId === null ? null : (byId.get(entryId) ?? null)));
  }
}
