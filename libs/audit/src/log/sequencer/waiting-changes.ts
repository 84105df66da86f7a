import type { Database } from '#kernel';
import type { PayloadChange } from '../leaf/payload.js';
import { sequencerSql } from './sequencer-sql.js';

/** So many changes are in memory at once. */
const PAGE = 2_000;

type WaitingChange = PayloadChange & { readonly entryId: string };

/** Walks once through the changes that wait for their places, entry by entry, in the order of the entries' ids. */
export class WaitingChanges {
  private readonly pages: AsyncGenerator<readonly WaitingChange[]>;
  private page: readonly WaitingChange[] = [];
  private at = 0;

  /** Those of the entries from `first` to `last`. */
  constructor(
    private readonly database: Database,
    first: string,
    last: string,
  ) {
    this.pages = this.pagesOf(first, last);
  }

  /**
   * Gives `taker` those changes of an entry that the page holds, in the order of their ids, and counts them. Entries must
   * be asked for in the order of their ids; when the page {@link isOver}, the entry may go on in the next one.
   */
  take(entryId: string, taker: { add(change: PayloadChange): void }): number {
    for (let taken = 0; ; this.at += 1) {
      const change = this.page[this.at];
      if (!change || change.entryId > entryId) return taken;
      // Changes that name an entry which does not wait are passed over: adoption sees to them.
      if (change.entryId !== entryId) continue;
      taker.add(change);
      taken += 1;
    }
  }

  get isOver(): boolean {
    return this.at === this.page.length;
  }

  /** Turns to the next page; false when there is none. */
  async turn(): Promise<boolean> {
    const next = await this.pages.next();
    this.page = next.done ? [] : next.value;
    this.at = 0;
    return this.page.length > 0;
  }

  private async *pagesOf(first: string, last: string): AsyncGenerator<readonly WaitingChange[]> {
    let page = await this.read('entry_id >= ? AND entry_id <= ?', [first, last]);
    for (;;) {
      if (page.length > 0) yield page;
      const end = page.at(-1);
      if (!end || page.length < PAGE) return;
      // What is left of the entry in which the page broke off; then the entries behind it.
      let rest = await this.read('entry_id = ? AND id > ?', [end.entryId, end.id]);
      while (rest.length > 0) {
        yield rest;
        rest = await this.read('entry_id = ? AND id > ?', [end.entryId, rest.at(-1)?.id]);
      }
      page = await this.read('entry_id > ? AND entry_id <= ?', [end.entryId, last]);
    }
  }

  private async read(condition: string, parameters: readonly unknown[]): Promise<readonly WaitingChange[]> {
    const { instant } = sequencerSql(this.database.dialect.name);
    const rows = await this.database.query<WaitingChange & { id: unknown }>(
      `SELECT id, entry_id AS entryId, table_name AS tableName, row_id AS rowId, operation, before_image AS beforeImage,
         after_image AS afterImage, database_user AS databaseUser, ${instant('changed_at')} AS changedAt
       FROM row_change WHERE leaf_index IS NULL AND log_number IS NULL AND ${condition}
       ORDER BY entry_id, id LIMIT ${PAGE}`,
      parameters,
    );
    for (const row of rows) Object.assign(row, { id: String(row.id) });
    return rows;
  }
}
