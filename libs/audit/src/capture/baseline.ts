import { Injectable } from '@nestjs/common';
import { Clock, Database, type Unit } from '#kernel';
import { captureDialect } from './capture-dialect.js';
import { beyondKey, keyParameters } from './key-range.js';
import type { TablePlan } from './table-plan.js';

/** A table whose triggers changed. */
export interface TouchedTable {
  readonly plan: TablePlan;
  readonly fingerprint: string;
}

/** Where a baseline stands: the table, and the primary key of the last row whose image is on the record. */
export interface BaselinePosition {
  readonly table: number;
  readonly after?: readonly unknown[];
}

const ROWS_PER_STATEMENT = 1_000;
const ROWS_PER_UNIT = 10_000;

/** Puts the image of every row of the touched tables on the record, so that each row's history has a beginning. */
@Injectable()
export class Baseline {
  constructor(
    private readonly database: Database,
    private readonly clock: Clock,
  ) {}

  /** Writes images in the open unit until it has enough; gives where to go on, or undefined at the end. */
  async writePart(
    unit: Unit,
    tables: readonly TouchedTable[],
    from: BaselinePosition,
  ): Promise<{ rows: number; next?: BaselinePosition }> {
    let rows = 0;
    for (let position: BaselinePosition | undefined = from; position;) {
      const touched: TouchedTable | undefined = tables[position.table];
      if (!touched) return { rows };
      if (rows >= ROWS_PER_UNIT) return { rows, next: position };
      const last: readonly unknown[] | undefined = touched.plan.captured
        ? await this.lastOfNext(touched.plan, position.after)
        : undefined;
      if (last) {
        rows += await this.writeRows(unit, touched.plan, position.after, last);
        position = { table: position.table, after: last };
      } else {
        await this.remember(unit, touched);
        position = { table: position.table + 1 };
      }
    }
    return { rows };
  }

  /** The primary key of the last of the next rows, in the order of the primary key. */
  private async lastOfNext(
    plan: TablePlan,
    after: readonly unknown[] | undefined,
  ): Promise<readonly unknown[] | undefined> {
    const { quoted } = captureDialect(this.database.dialect.name);
    const keys = plan.primaryKey.map(quoted);
    const down = keys.map((key) => `${key} DESC`).join(', ');
    const page = `SELECT ${keys.join(', ')} FROM ${quoted(plan.table)} ${where([this.beyond(plan, after)])} ORDER BY ${keys.join(', ')} LIMIT ${ROWS_PER_STATEMENT}`;
    const [row] = await this.database.query(
      `SELECT * FROM (${page}) page ORDER BY ${down} LIMIT 1`,
      after ? keyParameters(after) : [],
    );
    return row && plan.primaryKey.map((name) => row[name]);
  }

  private async writeRows(
    unit: Unit,
    plan: TablePlan,
    after: readonly unknown[] | undefined,
    last: readonly unknown[],
  ): Promise<number> {
    const dialect = captureDialect(this.database.dialect.name);
    const table = dialect.quoted(plan.table);
    const range = where([this.beyond(plan, after), `NOT (${this.beyond(plan, last)})`]);
    const parameters = [...(after ? keyParameters(after) : []), ...keyParameters(last)];
    await this.database.query(
      `INSERT INTO row_change (table_name, row_id, operation, before_image, after_image, entry_id, database_user, changed_at)
       SELECT ?, ${dialect.rowId(plan.primaryKey, table)}, 'baseline', NULL, ${dialect.image(plan.image, table)}, ?, ${dialect.user}, ${dialect.now}
       FROM ${table} ${range} ORDER BY ${plan.primaryKey.map(dialect.quoted).join(', ')} ${dialect.shareLock}`,
      [plan.table, unit.id, ...parameters],
    );
    const [counted] = await this.database.query<{ n: unknown }>(
      `SELECT COUNT(*) AS n FROM ${table} ${range}`,
      parameters,
    );
    return Number(counted?.n ?? 0);
  }

  private async remember(unit: Unit, { plan, fingerprint }: TouchedTable): Promise<void> {
    await this.database.query('DELETE FROM captured_table WHERE table_name = ?', [plan.table]);
    unit.append('INSERT INTO captured_table (table_name, fingerprint, reconciled_at) VALUES (?, ?, ?)', [
      plan.table,
      fingerprint,
      this.clock.now(),
    ]);
  }

  private beyond({ primaryKey }: TablePlan, than: readonly unknown[] | undefined): string | undefined {
    const { quoted } = captureDialect(this.database.dialect.name);
    return than && beyondKey(primaryKey, quoted);
  }
}

const where = (conditions: readonly (string | undefined)[]): string => {
  const given = conditions.filter((condition) => condition !== undefined);
  return given.length > 0 ? `WHERE ${given.join(' AND ')}` : '';
};
