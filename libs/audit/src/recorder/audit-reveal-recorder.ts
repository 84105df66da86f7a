import { Injectable } from '@nestjs/common';
import { RequestContext, type Unit, UnitOfWork } from '#kernel';
import { type Reveal, RevealRecorder } from '#vault';
import { ClientAddress } from './client-address.js';
import { EntryWriter } from './entry-writer.js';

const ACTION = 'vault.reveal';
// Two parameters each; SQLite takes 32,766 in one statement.
const SUBJECTS_PER_INSERT = 10_000;

/** Puts the reading of other people's data on the record before the reader sees it. */
@Injectable()
export class AuditRevealRecorder extends RevealRecorder {
  constructor(
    private readonly entries: EntryWriter,
    private readonly address: ClientAddress,
    private readonly units: UnitOfWork,
    private readonly context: RequestContext,
  ) {
    super();
  }

  /** Resolves once the entry is committed. Reading one's own data leaves none. */
  async recordReveal({ purpose, subjects, fields }: Reveal): Promise<void> {
    const reader = this.context.get()?.principal?.id;
    const others = [...new Set(subjects)].filter((subject) => subject !== reader);
    if (others.length === 0) return;
    const [only] = others.length === 1 ? others : [];
    await this.address.prepare(only);
    await this.units.run({ action: ACTION, recorded: false }, async (unit) => {
      this.entries.append(unit, {
        id: unit.id,
        occurredAt: unit.startedAt,
        intent: { action: ACTION, purpose, ...(only === undefined ? {} : { subject: only }) },
        outcome: 'succeeded',
        details: { fields: [...fields], subjects: others.length },
      });
      if (only === undefined) appendSubjects(unit, others);
    });
  }
}

function appendSubjects(unit: Unit, subjects: readonly string[]): void {
  for (let start = 0; start < subjects.length; start += SUBJECTS_PER_INSERT) {
    const part = subjects.slice(start, start + SUBJECTS_PER_INSERT);
    unit.append(
      `INSERT INTO audit_entry_subject (entry_id, subject_id) VALUES ${part.map(() => '(?, ?)').join(', ')}`,
      part.flatMap((subject) => [unit.id, subject]),
    );
  }
}
