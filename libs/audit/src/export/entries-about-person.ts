import { Injectable } from '@nestjs/common';
import { Database, ExportSource } from '#kernel';
import { AuditEntry } from '../entities/audit-entry.entity.js';
import { LISTED } from '../query/entry-filter.js';
import { term } from '../query/terms.js';

/**
 * The entries that speak of a person: what they did, what others did to their data or looked at of it, and whose address
 * is theirs. Sequenced entries are found by their terms, those that still wait for their place one by one.
 */
@Injectable()
export class EntriesAboutPerson extends ExportSource {
  readonly entity = AuditEntry;

  constructor(private readonly database: Database) {
    super();
  }

  async idsOf(subject: string, after = '', limit: number): Promise<readonly string[]> {
    // Each range is read in its own order and only as far as the page reaches. One statement sees every entry as
    // either sequenced or waiting.
    const ranges = [term.subject(subject), term.actor(subject), term.address(subject)].map((name, index) => ({
      sql: `SELECT id FROM (SELECT entry_id AS id FROM audit_term WHERE term = ? AND entry_id > ?
            ORDER BY entry_id LIMIT ${limit}) range${index}`,
      parameters: [name, after],
    }));
    const waiting = {
      sql: `SELECT e.id FROM audit_entry e WHERE e.leaf_index IS NULL AND e.log_number IS NULL AND e.id > ?
            AND (e.subject_id = ? OR e.actor_id = ? OR e.address_subject_id = ? OR ${LISTED})`,
      parameters: [after, subject, subject, subject, subject],
    };
    const sources = [...ranges, waiting];
    const rows = await this.database.query<{ id: string }>(
      `${sources.map(({ sql }) => sql).join(' UNION ')} ORDER BY id LIMIT ${limit}`,
      sources.flatMap(({ parameters }) => parameters),
    );
    return rows.map(({ id }) => id);
  }

  /** From which session and in which request somebody else acted tells about them, not about the person. */
  hides({ actorKind, actorId }: AuditEntry, subject: string): readonly (keyof AuditEntry)[] {
    if (actorKind !== 'user' || actorId === subject) return [];
    return ['sessionId', 'requestId', 'traceId', 'addressSubjectId'];
  }
}
