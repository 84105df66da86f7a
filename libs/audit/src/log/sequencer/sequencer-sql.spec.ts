import { expect, it } from 'vitest';
import { Database, UnitOfWork } from '#kernel';
import { describeOnEveryDialect } from '#kernel/testing';
import { bootAudit } from '../../testing/things.js';
import { sequencerSql } from './sequencer-sql.js';

describeOnEveryDialect('giving places', (dialect) => {
  it('looks at the entries of the batch and their changes only, however many others wait', async () => {
    const app = await bootAudit(dialect);
    const database = app.get(Database);
    await Promise.all(
      Array.from({ length: 200 }, () =>
        app.get(UnitOfWork).run({ action: 'thing.wait' }, async () => undefined),
      ),
    );
    const { waitingEntries, placeEntries, placeChanges } = sequencerSql(database.dialect.name);
    const plan = async (sql: string, parameters: unknown[]) => {
      const explain = dialect === 'sqlite' ? 'EXPLAIN QUERY PLAN' : 'EXPLAIN FORMAT=TRADITIONAL';
      // MySQL explains an UPDATE to those only who may run it.
      const rows = await app
        .get(UnitOfWork)
        .run({ action: 'thing.explain', recorded: false }, () =>
          database.query(`${explain} ${sql}`, parameters),
        );
      return rows.map((row) =>
        dialect === 'sqlite'
          ? String(row['detail'])
          : `${String(row['table'])} ${String(row['key'])} ${String(row['key_len'])}`,
      );
    };
    const behind = `SELECT id, action FROM ${waitingEntries} AND id NOT BETWEEN ? AND ? LIMIT 500`;
    const found = await plan(behind, ['aud_0', 'aud_1']);
    const entries = await plan(placeEntries, [JSON.stringify([['aud_x', 1, 1, '00', 'x']])]);
    const changes = await plan(placeChanges, [1, 0, 100]);
    await app.close();
    if (dialect === 'sqlite') {
      expect(found).toEqual([
        'SEARCH audit_entry USING INDEX uq_audit_entry_leaf (leaf_index=? AND log_number=?)',
      ]);
      expect(entries).toEqual([
        expect.stringContaining('SCAN p'),
        'SEARCH audit_entry USING INDEX sqlite_autoindex_audit_entry_1 (id=?)',
      ]);
      expect(changes).toContain(
        'SEARCH c USING COVERING INDEX ix_row_change_leaf (leaf_index=? AND log_number=? AND entry_id=?)',
      );
      expect(changes[0]).toBe('SEARCH row_change USING INTEGER PRIMARY KEY (rowid=?)');
    } else {
      expect(found).toEqual(['audit_entry uq_audit_entry_leaf 18']);
      expect(entries).toEqual(['p null null', 'e PRIMARY 42']);
      // All three columns of the index: the two of the place, and the entry.
      expect(changes).toEqual(['e uq_audit_entry_leaf 18', 'c ix_row_change_leaf 61']);
    }
  });
});
