import { Injectable } from '@nestjs/common';
import { Clock, Database, type Facts, HealthDetail } from '#kernel';
import { AdoptChanges } from '../adoption/adopt-changes.js';
import { LogStore } from './log-store.js';
import { sequencerSql } from './sequencer/sequencer-sql.js';

/** How many waiting entries are counted. */
const MOST = 10_000;

/** Tells in readiness how far the transparency log is behind the record. */
@Injectable()
export class LogHealth {
  constructor(
    private readonly database: Database,
    private readonly store: LogStore,
    private readonly adoption: AdoptChanges,
    private readonly clock: Clock,
  ) {}

  @HealthDetail({ name: 'transparencyLog', keepMs: 1_000 })
  async read(): Promise<Facts> {
    const [log, { waiting, lagSeconds }, unattributedChanges] = await Promise.all([
      this.store.current(),
      this.lag(),
      this.adoption.waiting(),
    ]);
    return { log: log?.number ?? null, size: log?.size ?? 0, waiting, lagSeconds, unattributedChanges };
  }

  /** How many entries wait for their place, of which {@link MOST} are counted, and since when the oldest of these. */
  private async lag(): Promise<{ waiting: number; lagSeconds: number }> {
    const instant = sequencerSql(this.database.dialect.name).instant('MIN(occurred_at)');
    const [row] = await this.database.query<{ waiting: unknown; since: string | null }>(
      `SELECT COUNT(*) AS waiting, ${instant} AS since FROM (SELECT occurred_at FROM audit_entry
       WHERE leaf_index IS NULL AND log_number IS NULL LIMIT ${MOST}) waiting`,
    );
    const since = row?.since ? Date.parse(`${row.since.replace(' ', 'T')}Z`) : undefined;
    const lagMs = since === undefined ? 0 : Math.max(0, this.clock.now().getTime() - since);
    return { waiting: Number(row?.waiting ?? 0), lagSeconds: Math.round(lagMs / 100) / 10 };
  }
}
