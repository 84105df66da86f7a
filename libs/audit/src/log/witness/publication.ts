import { Injectable } from '@nestjs/common';
import { Database, type SnapshotQuery, UnitOfWork } from '#kernel';
import type { AuditLog } from '../../entities/audit-log.entity.js';
import { AuditPublication } from '../../entities/audit-publication.entity.js';
import { addSignatures } from '../note/note.js';

/** A checkpoint as it is served. */
export interface PublishedCheckpoint {
  readonly size: number;
  /** The note with the signatures of the log and of the witnesses that have cosigned it. */
  readonly note: string;
}

const BOOKKEEPING = { action: 'audit.publish_checkpoint', recorded: false } as const;

/**
 * The checkpoint that is served where witnesses are configured: not the newest, which no witness can have seen yet, but
 * the newest that they had time to cosign. Whoever publishes, its size only grows.
 */
@Injectable()
export class Publication {
  constructor(
    private readonly database: Database,
    private readonly units: UnitOfWork,
  ) {}

  /** What is served of a log instead of its newest checkpoint; undefined when no witness is configured. */
  of(logNumber: number): Promise<PublishedCheckpoint | undefined> {
    return publishedIn((sql, parameters) => this.database.lookUp(sql, parameters), logNumber);
  }

  /**
   * Serves from now on what is published of this log. To begin with it is what was served until now: the newest
   * checkpoint. Of former logs the last is served, which nobody cosigns any more.
   */
  async begin(logNumber: number): Promise<void> {
    const [begun] = await this.database.select(AuditPublication, { logNumber });
    if (begun) return;
    await this.units.run(BOOKKEEPING, async (unit) => {
      unit.append('DELETE FROM audit_publication WHERE log_number < ?', [logNumber]);
      unit.append(
        `INSERT INTO audit_publication (log_number, size, checkpoint)
         SELECT number, size, checkpoint FROM audit_log WHERE number = ?
         ${this.database.dialect.onConflict(['log_number'])} size = audit_publication.size`,
        [logNumber],
      );
    });
  }

  /** Serves the newest checkpoint of every log from now on. */
  async end(): Promise<void> {
    if ((await this.database.query('SELECT 1 FROM audit_publication LIMIT 1')).length === 0) return;
    await this.units.run(BOOKKEEPING, async (unit) => unit.append('DELETE FROM audit_publication', []));
  }

  /** Serves this checkpoint, unless a newer one is served already. Cosignatures of older ones are forgotten. */
  async publish({ number, size, checkpoint }: AuditLog): Promise<void> {
    await this.units.run(BOOKKEEPING, async (unit) => {
      unit.append('UPDATE audit_publication SET size = ?, checkpoint = ? WHERE log_number = ? AND size < ?', [
        size,
        checkpoint,
        number,
        size,
      ]);
      unit.append('DELETE FROM audit_cosignature WHERE log_number = ? AND size < ?', [number, size]);
    });
  }
}

/** What is served of a log instead of its newest checkpoint, through any connection. */
export async function publishedIn(
  query: SnapshotQuery,
  logNumber: number,
): Promise<PublishedCheckpoint | undefined> {
  const rows = await query<{ size: unknown; checkpoint: string; line: string | null }>(
    `SELECT p.size, p.checkpoint, c.note_line AS line FROM audit_publication p
     LEFT JOIN audit_cosignature c ON c.log_number = p.log_number AND c.size = p.size
     WHERE p.log_number = ? ORDER BY c.witness`,
    [logNumber],
  );
  const [published] = rows;
  const lines = rows.flatMap(({ line }) => line ?? []);
  return published && { size: Number(published.size), note: addSignatures(published.checkpoint, lines) };
}
