import { Injectable } from '@nestjs/common';
import { UnitOfWork } from '#kernel';
import type { AuditEntry } from '../entities/audit-entry.entity.js';
import { LogStore } from '../log/log-store.js';
import type { EntryFilter } from '../query/entry-filter.js';
import { EntryWalk } from '../query/entry-walk.js';
import { type ExportFormat, WRITERS } from './export-formats.js';
import { exportedEntry } from './exported-entry.js';

/** Writes down the entries that match, oldest first, in any number. */
@Injectable()
export class EntryExport {
  constructor(
    private readonly walk: EntryWalk,
    private readonly logs: LogStore,
    private readonly units: UnitOfWork,
  ) {}

  /**
   * Puts the export on the record, and gives it in pieces of some hundred entries, each read when the one before has been
   * taken. Its own entry and those that are written meanwhile are left out.
   */
  async begin(filter: EntryFilter, format: ExportFormat): Promise<AsyncGenerator<string, void, undefined>> {
    const { subject } = filter;
    const intent = { action: 'audit.export', ...(subject === undefined ? {} : { subject }) };
    const now = await this.units.run(intent, async (unit) => {
      unit.describe({ details: { format, filter } });
      return unit.startedAt;
    });
    return this.pieces({ ...filter, to: filter.to && filter.to < now ? filter.to : now }, format);
  }

  private async *pieces(filter: EntryFilter, format: ExportFormat): AsyncGenerator<string, void, undefined> {
    const { head, write } = WRITERS[format];
    if (head !== '') yield head;
    const origins = new Map<number, string | undefined>();
    for await (const entries of this.walk.pages(filter)) {
      const subjects = await this.subjectsOf(entries);
      const lines: string[] = [];
      for (const entry of entries) {
        const origin = await this.originOf(entry, origins);
        lines.push(write(exportedEntry(entry, subjects.get(entry.id) ?? [], origin)));
      }
      yield lines.join('');
    }
  }

  private async subjectsOf(entries: readonly AuditEntry[]): Promise<ReadonlyMap<string, string[]>> {
    const lists = new Map<string, string[]>();
    for await (const { entry, subject } of this.walk.subjects(entries)) {
      const list = lists.get(entry.id);
      if (list) list.push(subject);
      else lists.set(entry.id, [subject]);
    }
    return lists;
  }

  private async originOf(
    { logNumber }: AuditEntry,
    known: Map<number, string | undefined>,
  ): Promise<string | undefined> {
    if (logNumber === null) return undefined;
    if (!known.has(logNumber)) known.set(logNumber, (await this.logs.log(logNumber))?.origin);
    return known.get(logNumber);
  }
}
