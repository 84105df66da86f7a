import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import { Clock, InjectRepository, type Page } from '#kernel';
import {
  type Preceding,
  type ResourceAtResponse,
  type ResourceState,
  type ResourceVersionResponse,
  VersionEntryResponse,
} from '../dto/resource-history.js';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { AuditRetention } from '../entities/audit-retention.entity.js';
import type { RowChange } from '../entities/row-change.entity.js';
import type { PageWish } from './audit-entries.service.js';
import { cursorAt, numberAt } from './cursors.js';
import { ReadableChanges } from './readable-changes.js';
import { ResourceTables } from './resource-tables.js';
import { type RowName, RowVersions } from './row-versions.js';

export interface ResourceName {
  readonly type: string;
  readonly id: string;
}

/** Tells what became of a resource, from the captured changes of its row. */
@Injectable()
export class ResourceHistory {
  constructor(
    @InjectRepository(AuditEntry) private readonly entries: Repository<AuditEntry>,
    @InjectRepository(AuditRetention) private readonly positions: Repository<AuditRetention>,
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
    const items: ResourceVersionResponse[] = [];
    for (const [index, change] of changes.entries()) {
      const version = read[index];
      const follows = await this.precedingOf(change, found[index + 1]);
      if (version) items.push({ ...version, entry: entries[index] ?? null, follows });
    }
    return { items, nextCursor: found.length > limit && last ? cursorAt(last.id) : null };
  }

  /** The resource as it was at an instant. Throws `audit.history_not_kept`. */
  async at(name: ResourceName, at: Date = this.clock.now(), purpose?: string): Promise<ResourceAtResponse> {
    const { type, id } = name;
    const row = { table: this.tables.tableOf(type), row: id };
    const change = await this.versions.lastAt(row, at);
    const state = await this.stateBehind(row, change);
    const image = state === 'present' ? (change?.afterImage ?? null) : null;
    const [entry = null] = change ? await this.entriesOf([change]) : [];
    return {
      type,
      id,
      at: at.toISOString(),
      state,
      fields: image === null ? null : await this.readable.row(row.table, image, purpose),
      changedAt: change?.changedAt.toISOString() ?? null,
      entry,
    };
  }

  /** How the row was between a change and the next one on record: changes between the two may have expired. */
  private async stateBehind(row: RowName, change: RowChange | undefined): Promise<ResourceState> {
    const next = await this.versions.next(row, change && Number(change.id));
    const last = next ? await this.precedingOf(next, change) : change ? 'version' : 'unknown';
    if (last === 'version') return change?.afterImage ? 'present' : 'absent';
    return last === 'nothing' ? 'absent' : last;
  }

  /** What a change followed; `previous` is the last one on record before it. */
  private async precedingOf(change: RowChange, previous: RowChange | undefined): Promise<Preceding> {
    const isBaseline = change.operation === 'baseline';
    if (previous && (isBaseline || previous.afterImage === change.beforeImage)) return 'version';
    if (isBaseline) return 'unknown';
    if (!previous && change.beforeImage === null) return 'nothing';
    return (await this.positions.exists()) ? 'expired' : 'unknown';
  }

  /** In the order of the changes; null for one that names no entry, or one that does not exist. */
  private async entriesOf(changes: readonly RowChange[]): Promise<(VersionEntryResponse | null)[]> {
    const ids = [...new Set(changes.flatMap(({ entryId }) => (entryId === null ? [] : [entryId])))];
    const entries = ids.length > 0 ? await this.entries.find({ where: { id: In(ids) } }) : [];
    const byId = new Map(entries.map((entry) => [entry.id, new VersionEntryResponse(entry)]));
    return changes.map(({ entryId }) => (entryId === null ? null : (byId.get(entryId) ?? null)));
  }
}
