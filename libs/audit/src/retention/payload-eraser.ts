import { Injectable } from '@nestjs/common';
import { In, type Repository } from 'typeorm';
import { Database, InjectRepository, type Unit } from '#kernel';
import { PAYLOAD_COLUMNS } from '../capture/record-guards.js';
import type { AuditEntry } from '../entities/audit-entry.entity.js';
import { AuditEntrySubject } from '../entities/audit-entry-subject.entity.js';
import { term } from '../query/terms.js';
import { atPlaces, marks } from './at-places.js';

/** SQLite nests conditions a thousand deep at most. */
const TERMS_PER_STATEMENT = 200;
const CLEARED = ['salt', ...PAYLOAD_COLUMNS].map((column) => `${column} = NULL`).join(', ');
/** Which rows were changed. MariaDB finds them by their key only when it may join. */
const deleteVersions = {
  mysql: (changes: string) => `DELETE v FROM audit_row_version v JOIN row_change c
    ON c.table_name = v.table_name AND c.row_id = v.row_id AND c.id = v.change_id WHERE ${changes}`,
  sqlite: (changes: string) => `DELETE FROM audit_row_version WHERE (table_name, row_id, change_id) IN
    (SELECT c.table_name, c.row_id, c.id FROM row_change c WHERE ${changes})`,
};

/** Drops the payloads of sequenced entries, and all by which they were found. The leaves stay. */
@Injectable()
export class PayloadEraser {
  constructor(
    @InjectRepository(AuditEntrySubject) private readonly subjects: Repository<AuditEntrySubject>,
    private readonly database: Database,
  ) {}

  /**
   * In the open unit, for entries whose payload is there. The unit fails with `MissedUpdate` when somebody else was
   * faster with one of them.
   */
  async erase(unit: Unit, entries: readonly AuditEntry[]): Promise<void> {
    const ids = entries.map(({ id }) => id);
    const listed = await this.subjects.find({ where: { entryId: In(ids) } });
    // First: what belongs to an entry may go only once its payload has.
    unit.append(`UPDATE audit_entry SET ${CLEARED} WHERE salt IS NOT NULL AND id IN (${marks(ids)})`, ids, {
      mustHit: ids.length,
    });
    for (const { condition, parameters } of atPlaces('c', entries))
      unit.append(deleteVersions[this.database.dialect.name](condition), parameters);
    for (const { condition, parameters } of atPlaces('row_change', entries))
      unit.append(`DELETE FROM row_change WHERE ${condition}`, parameters);
    unit.append(`DELETE FROM audit_entry_subject WHERE entry_id IN (${marks(ids)})`, ids);
    const terms = [
      ...entries.flatMap((entry) => payloadTerms(entry).map((text) => [text, entry.id])),
      ...listed.map(({ entryId, subjectId }) => [term.subject(subjectId), entryId]),
    ];
    for (let start = 0; start < terms.length; start += TERMS_PER_STATEMENT) {
      const part = terms.slice(start, start + TERMS_PER_STATEMENT);
      const condition = part.map(() => '(term = ? AND entry_id = ?)').join(' OR ');
      unit.append(`DELETE FROM audit_term WHERE ${condition}`, part.flat());
    }
  }
}

/** What an entry is found by that its leaf does not say. */
function payloadTerms(entry: AuditEntry): string[] {
  const { subjectId, addressSubjectId, sessionId, purpose, traceId } = entry;
  const said = [
    [term.subject, subjectId],
    [term.address, addressSubjectId],
    [term.session, sessionId],
    [term.purpose, purpose],
    [term.trace, traceId],
  ] as const;
  return said.flatMap(([make, value]) => (value === null ? [] : make(value)));
}
