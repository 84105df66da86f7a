import { afterEach, expect, it } from 'vitest';
import { DataSource, TableColumn, type QueryRunner } from 'typeorm';
import { Database, kernelConfig, type KernelConfig, Migrator, newId, SchemaGuard, UnitOfWork } from '#kernel';
import { type BootedModule, describeOnEveryDialect, testDatabase } from '#kernel/testing';
import { bootAudit, changesOf, outside, toSeen, Things } from '../testing/things.js';

describeOnEveryDialect('the schema guard', (dialect) => {
  let app: BootedModule;
  afterEach(() => app.close());

  const insert = async (title = 'x') => {
    const id = newId('thg');
    await app
      .get(UnitOfWork)
      .run({ action: 'thing.write' }, () => app.get(Things).things.insert({ id, title, amountMinor: 1n }));
    return id;
  };
  const migrating = async (work: (runner: QueryRunner) => Promise<unknown>) => {
    const config = app.get<KernelConfig>(kernelConfig.token as never);
    const source = await new DataSource(app.get(Database).dialect.migrator(config)).initialize();
    try {
      const runner = source.createQueryRunner();
      await work(runner);
      await runner.release();
    } finally {
      await source.destroy();
    }
  };
  const mismatches = () => app.get(SchemaGuard).mismatches();
  const reconciliations = () =>
    app
      .get(Database)
      .query(`SELECT * FROM audit_entry WHERE action = 'audit.capture_reconciled' ORDER BY id`)
      .then((rows) =>
        rows.map((row) => ({
          id: row['id'],
          actor: row['actor_id'],
          ...(JSON.parse(String(row['details'])) as { tables: string[]; rows: number; part: number }),
        })),
      );
  const baselineOf = async (entry: unknown) =>
    (
      await app
        .get(Database)
        .query(`SELECT * FROM row_change WHERE operation = 'baseline' AND entry_id = ? ORDER BY id`, [entry])
    ).map(toSeen);

  it('installs the triggers on a fresh database, says so on the record, and then finds nothing to do', async () => {
    app = await bootAudit(dialect);
    expect(await mismatches()).toEqual([]);
    const [first, ...more] = await reconciliations();
    expect(more).toEqual([]);
    expect(first).toMatchObject({ actor: 'system:migrate', rows: 0 });
    expect(first?.tables).toEqual(
      expect.arrayContaining(['thing', 'receipt', 'pairing', 'audit_entry', 'row_change']),
    );
    expect(first?.tables).not.toContain('scratch');
    await app.get(Migrator).migrate();
    expect(await reconciliations()).toHaveLength(1);
  });

  it('finds the triggers again after a migration rebuilt a table, with every row on the record', async () => {
    app = await bootAudit(dialect);
    const first = await insert('first');
    const second = await insert('second');
    await migrating(async (runner) => {
      await runner.addColumn(
        'thing',
        new TableColumn({ name: 'colour', type: 'varchar', length: '10', isNullable: true }),
      );
      if (dialect !== 'sqlite') {
        for (const event of ['insert', 'update', 'delete'])
          await runner.query(`DROP TRIGGER steward_thing_${event}`);
      }
    });
    expect(await mismatches()).toEqual(
      expect.arrayContaining(
        ['insert', 'update', 'delete'].map(
          (event) => `trigger steward_thing_${event} on table thing is missing`,
        ),
      ),
    );
    await app.get(Migrator).migrate();
    expect(await mismatches()).toEqual([]);
    const latest = (await reconciliations()).at(-1);
    expect(latest).toMatchObject({ tables: ['thing'], rows: 2, part: 1 });
    expect(
      (await baselineOf(latest?.id)).map(({ row, before, after }) => [row, before, after?.['title']]),
    ).toEqual([
      [first, null, 'first'],
      [second, null, 'second'],
    ]);
    const third = await insert('third');
    expect((await changesOf(app, 'thing')).at(-1)).toMatchObject({ row: third, operation: 'insert' });
  });

  it('does not stand in the way of a migration that rebuilds the record itself', async () => {
    app = await bootAudit(dialect);
    const id = await insert('kept');
    await migrating((runner) =>
      runner.addColumn(
        'row_change',
        new TableColumn({ name: 'extra', type: 'varchar', length: '10', isNullable: true }),
      ),
    );
    await app.get(Migrator).migrate();
    expect(await mismatches()).toEqual([]);
    expect(await changesOf(app, 'thing')).toMatchObject([{ row: id, after: { title: 'kept' } }]);
    await insert();
    expect(await changesOf(app, 'thing')).toHaveLength(2);
  });

  it('replaces a trigger that somebody altered', async () => {
    app = await bootAudit(dialect);
    await outside(
      app.database,
      'DROP TRIGGER steward_thing_delete',
      dialect === 'sqlite'
        ? 'CREATE TRIGGER steward_thing_delete AFTER DELETE ON thing BEGIN SELECT 1; END'
        : 'CREATE TRIGGER steward_thing_delete AFTER DELETE ON thing FOR EACH ROW SET @x = 1',
    );
    expect(await mismatches()).toEqual([
      'trigger steward_thing_delete on table thing is not the one that the schema calls for',
    ]);
    await app.get(Migrator).migrate();
    expect(await mismatches()).toEqual([]);
  });

  it('writes the baseline of a big table in parts, each row once', async () => {
    app = await bootAudit(dialect);
    const many = Array.from({ length: 25 }, (_, a) =>
      Array.from({ length: 500 }, (_, b) => `('left${a}', 'right${String(b).padStart(3, '0')}')`),
    );
    const columnNames = dialect === 'sqlite' ? '"left", "right"' : '`left`, `right`';
    await outside(
      app.database,
      'DROP TRIGGER steward_pairing_insert',
      ...many.map((rows) => `INSERT INTO pairing (${columnNames}) VALUES ${rows.join(', ')}`),
    );
    await app.get(Migrator).migrate();
    const parts = (await reconciliations()).slice(1);
    expect(parts.map(({ tables, rows, part }) => [tables, rows, part])).toEqual([
      [['pairing'], 10_000, 1],
      [['pairing'], 2_500, 2],
    ]);
    const [counted] = await app
      .get(Database)
      .query(
        `SELECT COUNT(DISTINCT row_id) AS rows_seen, COUNT(*) AS n FROM row_change WHERE operation = 'baseline' AND table_name = 'pairing'`,
      );
    expect([Number(counted?.['rows_seen']), Number(counted?.['n'])]).toEqual([12_500, 12_500]);
  });

  it('begins again with the baseline when a reconciliation was cut off before its end', async () => {
    app = await bootAudit(dialect);
    await insert();
    await outside(app.database, `DELETE FROM captured_table WHERE table_name = 'thing'`);
    await app.get(Migrator).migrate();
    expect((await reconciliations()).at(-1)).toMatchObject({ tables: ['thing'], rows: 1 });
  });

  it('refuses a foreign key that cascades on a captured table, by name', async () => {
    app = await bootAudit(dialect);
    await outside(app.database, 'DROP TABLE pairing');
    await outside(
      app.database,
      dialect === 'sqlite'
        ? `CREATE TABLE pairing ("left" varchar(40) NOT NULL REFERENCES thing (id) ON DELETE CASCADE, "right" varchar(40) NOT NULL, PRIMARY KEY ("left", "right"))`
        : 'CREATE TABLE pairing (`left` varchar(40) CHARACTER SET ascii COLLATE ascii_bin NOT NULL, `right` varchar(40) NOT NULL, PRIMARY KEY (`left`, `right`), CONSTRAINT fk_pairing_left FOREIGN KEY (`left`) REFERENCES thing (id) ON DELETE CASCADE)',
    );
    const name = dialect === 'sqlite' ? 'left -> thing' : 'fk_pairing_left';
    await expect(app.get(Migrator).migrate()).rejects.toThrow(
      `foreign key ${name} of table pairing does ON DELETE CASCADE`,
    );
  });

  if (dialect === 'sqlite') return;

  it('works for a database user who may neither see nor make triggers', async () => {
    const database = await testDatabase(dialect);
    const url = new URL(database.url ?? '');
    const user = `app_${url.pathname.slice(-6)}`;
    await outside(
      database,
      `CREATE USER ${user}@'%' IDENTIFIED BY 'pw'`,
      `GRANT SELECT, INSERT, UPDATE, DELETE ON ${url.pathname.slice(1)}.* TO ${user}@'%'`,
    );
    const asRoot = url.href;
    url.username = user;
    url.password = 'pw';
    app = await bootAudit(dialect, {
      ...database,
      environment: { ...database.environment, DATABASE_URL: url.href, DATABASE_MIGRATION_URL: asRoot },
    });
    await insert();
    const [change] = await changesOf(app, 'thing');
    expect(change).toMatchObject({ operation: 'insert' });
    expect(change?.user.split('@')[0]).toBe(user);
    expect(await mismatches()).toEqual([]);
    await outside(database, 'ALTER TABLE thing DROP COLUMN title');
    expect(await mismatches()).toEqual([
      'the triggers of table thing were not reconciled with its present columns',
    ]);
  });
});
