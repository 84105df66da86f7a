import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.js';
import { type Measurement, Metrics } from '../metrics/metrics.js';
import { Clock } from '../time/clock.js';
import { toDate } from '../time/to-date.js';

/** More messages of a status are not counted. */
const MOST = 10_000;

/** Tells in metrics how much waits in the outbox. */
@Injectable()
export class OutboxMetrics {
  constructor(
    metrics: Metrics,
    private readonly database: Database,
    private readonly clock: Clock,
  ) {
    metrics.gauges(() => this.read());
  }

  private async read(): Promise<Measurement[]> {
    const [waiting, dead, [due]] = await Promise.all([
      this.count('pending'),
      this.count('dead'),
      this.database.query<{ since: Date | string | null }>(
        `SELECT MIN(available_at) AS since FROM outbox_message WHERE status = 'pending'`,
      ),
    ]);
    const lateMs = due?.since ? this.clock.now().getTime() - toDate(due.since).getTime() : 0;
    const bound = `${MOST} at most`;
    return [
      { name: 'steward_outbox_waiting', help: `Events not yet handled; ${bound}.`, value: waiting },
      { name: 'steward_outbox_dead', help: `Events that no handler could take; ${bound}.`, value: dead },
      {
        name: 'steward_outbox_late_seconds',
        help: 'How long the oldest event that is due has waited for a worker.',
        value: Math.max(0, lateMs) / 1000,
      },
    ];
  }

  private async count(status: string): Promise<number> {
    const [row] = await this.database.query<{ n: unknown }>(
      `SELECT COUNT(*) AS n FROM (SELECT 1 FROM outbox_message WHERE status = ? LIMIT ${MOST}) some`,
      [status],
    );
    return Number(row?.n ?? 0);
  }
}
