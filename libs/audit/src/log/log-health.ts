import { Injectable } from '@nestjs/common';
import { Clock, Database, type Facts, HealthDetail, type Measurement, Metrics } from '#kernel';
import { AdoptChanges } from '../adoption/adopt-changes.js';
import { LogStore } from './log-store.js';
import { sequencerSql } from './sequencer/sequencer-sql.js';
import { Publication } from './witness/publication.js';

/** How many waiting entries are counted. */
const MOST = 10_000;

/** Tells in readiness and metrics how far the transparency log is behind the record. */
@Injectable()
export class LogHealth {
  constructor(
    metrics: Metrics,
    private readonly publication: Publication,
    private readonly database: Database,
    private readonly store: LogStore,
    private readonly adoption: AdoptChanges,
    private readonly clock: Clock,
  ) {
    metrics.gauges(() => this.measure());
  }

  @HealthDetail({ name: 'transparencyLog', keepMs: 1_000 })
  async read() {
    const [log, { waiting, lagSeconds }, unattributedChanges] = await Promise.all([
      this.store.current(),
      this.lag(),
      this.adoption.waiting(),
    ]);
    const size = log?.size ?? 0;
    const served = (log && (await this.publication.of(log.number))?.size) ?? size;
    return {
      log: log?.number ?? null,
      size,
      served,
      waiting,
      lagSeconds,
      unattributedChanges,
    } satisfies Facts;
  }

  private async measure(): Promise<Measurement[]> {
    const { size, served, waiting, lagSeconds, unattributedChanges } = await this.read();
    const tell = (name: string, help: string, value: number) => ({ name: `steward_${name}`, help, value });
    return [
      tell('log_size', 'How many entries have their place in the log that grows.', size),
      tell('log_served_size', 'How many of these the checkpoint covers that is served.', served),
      tell('log_waiting', `How many entries wait for their place; ${MOST} at most.`, waiting),
      tell('log_lag_seconds', 'How long the oldest of these has waited.', lagSeconds),
      tell('unattributed_changes', 'Row changes that no entry accounts for yet.', unattributedChanges),
    ];
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
