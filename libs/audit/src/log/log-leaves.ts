import { Injectable } from '@nestjs/common';
import { Database } from '#kernel';
import type { AuditLog } from '../entities/audit-log.entity.js';
import { leafOf, originLeaf, type LeafEntry } from './leaf/leaf.js';
import { sequencerSql } from './sequencer/sequencer-sql.js';

/** What identifies a log's first leaf. */
type LogHead = Pick<AuditLog, 'number' | 'previous' | 'startedAt'>;

/** Makes the leaf data of a log again, from the columns of its entries that stay for ever. */
@Injectable()
export class LogLeaves {
  constructor(private readonly database: Database) {}

  /** The leaves from `start` up to, not including, `end`, in their order; fewer when the log has not as many. */
  async read(log: LogHead, start: number, end: number): Promise<Buffer[]> {
    const instant = sequencerSql(this.database.dialect.name).instant('occurred_at');
    const entries = await this.database.query<LeafEntry>(
      `SELECT id, ${instant} AS occurredAt, action, outcome, actor_kind AS actorKind, actor_id AS actorId,
         resource_type AS resourceType, resource_id AS resourceId, payload_hash AS payloadHash
       FROM audit_entry WHERE leaf_index >= ? AND leaf_index < ? AND log_number = ? ORDER BY leaf_index`,
      [start, end, log.number],
    );
    const leaves = entries.map(leafOf);
    return start === 0 && log.previous !== null ? [firstLeafOf(log, log.previous), ...leaves] : leaves;
  }
}

/** The first leaf of a log that continues another, whose last checkpoint was `previous`. */
export const firstLeafOf = ({ startedAt }: Pick<AuditLog, 'startedAt'>, previous: string): Buffer =>
  originLeaf({ previous, startedAt: startedAt.toISOString() });
