import { Injectable } from '@nestjs/common';
import { Database } from '#kernel';
import { annotationsOf } from '../../../capture/annotations.js';
import { captureDialect } from '../../../capture/capture-dialect.js';
import { planTables, type TablePlan } from '../../../capture/table-plan.js';
import { TriggerSchemaGuard } from '../../../capture/trigger-schema-guard.js';
import { LogKeys } from '../../log-keys.js';
import { sequencerSql } from '../../sequencer/sequencer-sql.js';
import type { Findings } from '../findings.js';
import { SourceUnreadable } from '../log-source.js';
import type { Progress } from '../progress.js';
import type { Fact } from '../report.js';
import type { RecordOpener, RecordSource } from '../audit-source.js';
import type { VerifiedLogs } from '../verify-logs.js';
import { checkRecord } from './check-record.js';
import { DatabaseLog, type StoredLog } from './database-log.js';
import type { RecordAt } from './record-rows.js';

/** Opens this installation's log and record for verifying, as they are at one moment. */
@Injectable()
export class DatabaseRecord implements RecordOpener {
  constructor(
    private readonly database: Database,
    private readonly keys: LogKeys,
    private readonly capture: TriggerSchemaGuard,
  ) {}

  /** Lets `work` look at the record as it is now, whatever is written meanwhile. @throws SourceUnreadable without a log. */
  async open<T>(work: (source: RecordSource) => Promise<T>): Promise<T> {
    return this.database.snapshot(async (query) => {
      const record = { query, dialect: this.database.dialect.name };
      const logs = await this.logs(record);
      const plans = planTables(
        await captureDialect(record.dialect).readSchema((sql, parameters) => query(sql, parameters)),
        annotationsOf(this.database.entities),
      ).filter(({ captured }) => captured);
      const source = new RecordOfDatabase(record, logs, plans, () => this.capture.mismatches());
      return work(source);
    });
  }

  private async logs(record: RecordAt): Promise<DatabaseLog[]> {
    const { instant } = sequencerSql(record.dialect);
    const rows = await record.query<StoredLog>(
      `SELECT number, origin, size, checkpoint, previous, ${instant('started_at')} AS startedAt FROM audit_log ORDER BY number`,
    );
    const logs: DatabaseLog[] = [];
    for (const row of rows) {
      const log = { ...row, number: Number(row.number), size: Number(row.size) };
      const vkeys = this.keys.signers(log.origin).map(({ vkey }) => vkey);
      logs.push(new DatabaseLog(record, log, vkeys, logs));
    }
    return logs;
  }
}

/** The newest log of the database, and behind it the record. */
class RecordOfDatabase extends DatabaseLog implements RecordSource {
  constructor(
    private readonly at: RecordAt,
    logs: readonly DatabaseLog[],
    private readonly plans: readonly TablePlan[],
    private readonly captureMismatches: () => Promise<readonly string[]>,
  ) {
    const current = logs.at(-1);
    if (!current) throw new SourceUnreadable('Nothing has been sequenced: the database has no log');
    super(at, current.log, current.vkeys, logs);
  }

  async checkRecord(verified: VerifiedLogs, findings: Findings, progress: Progress): Promise<Fact[]> {
    const { at: record, logs, plans } = this;
    const facts = await checkRecord({ record, logs, plans, verified, findings, progress });
    for (const mismatch of await this.captureMismatches())
      findings.add('capture', `Changes are not captured as they should be: the ${mismatch}`);
    return facts;
  }
}
