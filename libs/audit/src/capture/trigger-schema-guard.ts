import { Injectable } from '@nestjs/common';
import type { QueryRunner } from 'typeorm';
import { Database, RequestContext, SchemaGuard, systemPrincipal, UnitOfWork } from '#kernel';
import { annotationsOf } from './annotations.js';
import { Baseline, type BaselinePosition, type TouchedTable } from './baseline.js';
import { captureDialect } from './capture-dialect.js';
import type { Query } from './live-schema.js';
import { planTables, type TablePlan } from './table-plan.js';
import {
  compareTriggers,
  describeDifference,
  describeRepair,
  fingerprintOf,
  type TriggerDifference,
} from './trigger-set.js';

/**
 * Keeps the capture triggers in step with the schema and the annotations. They are no migrations: any migration may
 * change a table, and on SQLite TypeORM rebuilds it and drops its triggers without a word.
 */
@Injectable()
export class TriggerSchemaGuard extends SchemaGuard {
  constructor(
    private readonly database: Database,
    private readonly units: UnitOfWork,
    private readonly context: RequestContext,
    private readonly baseline: Baseline,
  ) {
    super();
  }

  /** Replaces what differs, and puts the replacement with the rows' present images on the record. */
  async reconcile(runner: QueryRunner): Promise<string[]> {
    const query: Query = (sql, parameters) => runner.query(sql, parameters);
    const plans = await this.plans(query);
    const difference = await this.replaceTriggers(runner, query, plans);
    const { missing, altered, surplus } = difference;
    const replaced = new Set([...missing, ...altered, ...surplus].map(({ table }) => table));
    const known = new Map(
      (await query('SELECT table_name AS t, fingerprint AS f FROM captured_table')).map((row) => [
        row['t'],
        row['f'],
      ]),
    );
    const touched = plans
      .map((plan) => ({ plan, fingerprint: fingerprintOf(plan, this.dialect) }))
      .filter(({ plan, fingerprint }) => replaced.has(plan.table) || known.get(plan.table) !== fingerprint);
    const dropped = [...replaced].filter((table) => !touched.some(({ plan }) => plan.table === table));
    if (touched.length + dropped.length > 0) {
      await this.context.runAs(systemPrincipal('migrate'), () => this.record(touched, dropped));
    }
    const unchanged = touched.map(({ plan }) => plan.table).filter((table) => !replaced.has(table));
    return [
      ...describeRepair(difference),
      ...(unchanged.length > 0 ? [`put the rows of ${unchanged.join(', ')} on the record`] : []),
    ];
  }

  /** What is out of step. A database user who may not see triggers gets the word of the last reconciliation. */
  async mismatches(): Promise<string[]> {
    const query: Query = (sql, parameters) => this.database.query(sql, parameters);
    const plans = await this.plans(query);
    if (await this.dialect.seesTriggers(query)) {
      const wanted = plans.flatMap((plan) => this.dialect.triggers(plan));
      return describeDifference(compareTriggers(wanted, await this.dialect.readTriggers(query)));
    }
    const rows = await query('SELECT table_name AS t, fingerprint AS f FROM captured_table');
    const known = new Map(rows.map((row) => [row['t'], row['f']]));
    return plans
      .filter((plan) => known.get(plan.table) !== fingerprintOf(plan, this.dialect))
      .map(({ table }) => `the triggers of table ${table} were not reconciled with its present columns`);
  }

  private get dialect() {
    return captureDialect(this.database.dialect.name);
  }

  private async plans(query: Query): Promise<TablePlan[]> {
    return planTables(await this.dialect.readSchema(query), annotationsOf(this.database.entities));
  }

  /** Gives what differed and does no more. */
  private async replaceTriggers(
    runner: QueryRunner,
    query: Query,
    plans: readonly TablePlan[],
  ): Promise<TriggerDifference> {
    const wanted = plans.flatMap((plan) => this.dialect.triggers(plan));
    const difference = compareTriggers(wanted, await this.dialect.readTriggers(query));
    const { missing, altered, surplus } = difference;
    const statements = [
      ...[...altered, ...surplus].map(({ name }) => `DROP TRIGGER ${this.dialect.quoted(name)}`),
      ...[...missing, ...altered].map(({ create }) => create),
    ];
    if (statements.length === 0) return difference;
    if (this.dialect.transactionalSchema) await runner.startTransaction();
    try {
      for (const statement of [...statements, ...this.dialect.afterReplacing]) await query(statement);
      if (this.dialect.transactionalSchema) await runner.commitTransaction();
    } catch (error) {
      if (this.dialect.transactionalSchema) await runner.rollbackTransaction();
      throw error;
    }
    return difference;
  }

  /** One entry per part of the baseline; the last part of a table says that the table is done. */
  private async record(touched: readonly TouchedTable[], dropped: readonly string[]): Promise<void> {
    let position: BaselinePosition | undefined = { table: 0 };
    for (let part = 1; position; part += 1) {
      const from: BaselinePosition = position;
      position = await this.units.run({ action: 'audit.capture_reconciled' }, async (unit) => {
        const { rows, next } = await this.baseline.writePart(unit, touched, from);
        const tables = touched
          .slice(from.table, (next?.table ?? touched.length) + 1)
          .map(({ plan }) => plan.table);
        unit.describe({ details: { tables, ...(dropped.length > 0 ? { dropped } : {}), rows, part } });
        for (const table of dropped) {
          unit.append('DELETE FROM captured_table WHERE table_name = ?', [table]);
        }
        return next;
      });
    }
  }
}
