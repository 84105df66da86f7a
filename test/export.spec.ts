import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { BetterSqlite3QueryRunner } from 'typeorm/driver/better-sqlite3/BetterSqlite3QueryRunner.js';
import { MysqlQueryRunner } from 'typeorm/driver/mysql/MysqlQueryRunner.js';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { AuditModule } from '#audit';
import { AuthModule } from '#auth';
import { Clock, Database, newId, newRequestState, RequestContext, UnitOfWork } from '#kernel';
import {
  type BootedModule,
  bootTestModule,
  describeOnEveryDialect,
  type TestDatabase,
  testDatabase,
} from '#kernel/testing';
import { LedgerModule } from '#ledger';
import { PaymentsModule } from '#payments';
import { PrivacyModule, SubjectExport } from '#privacy';
import { UsersModule, UsersService } from '#users';
import { Vault, VaultModule } from '#vault';

const rooms = [
  VaultModule,
  AuditModule,
  PrivacyModule,
  UsersModule,
  AuthModule,
  LedgerModule,
  PaymentsModule,
];
const MANY = 400;

interface ExportDocument {
  readonly categories: readonly { category: string; records: readonly Record<string, unknown>[] }[];
}

describeOnEveryDialect('the export of a person', (dialect) => {
  const [ada, bob, clerk] = [newId('usr'), newId('usr'), newId('usr')];
  const clerkSession = newId('ses');
  let database: TestDatabase;
  let app: BootedModule;

  const boot = async (background = false, settings: Readonly<Record<string, string>> = {}) => {
    await app?.close({ keepDatabase: true });
    const environment = { ARGON2_MEMORY_KIB: '8', ARGON2_PASSES: '1', LOG_LEVEL: 'silent', ...settings };
    app = await bootTestModule({ dialect, database, environment, imports: rooms, background });
  };
  const as = <T>(id: string, clientAddress: string, work: () => Promise<T>, sessionId = newId('ses')) => {
    const principal = { kind: 'user' as const, id, sessionId, permissions: new Set<string>() };
    return new RequestContext().run(newRequestState({ principal, clientAddress }), work);
  };
  const query = (sql: string, parameters: readonly unknown[] = []) =>
    app.get(Database).query(sql, parameters);
  const exportOf = (subject: string) =>
    as(subject, '203.0.113.1', async () => {
      let text = '';
      for await (const piece of await app.get(SubjectExport).begin(subject)) text += piece;
      const { categories } = JSON.parse(text) as ExportDocument;
      const entries = categories.find(({ category }) => category === 'audit_entry')?.records ?? [];
      return { text, entries };
    });
  /** Reads the addresses of these people, as an administrator does. */
  const lookUp = async (people: readonly string[]) => {
    const user = app.get(Database).entities.find(({ tableName }) => tableName === 'user');
    const rows = await app.get(Database).manager.find(user!.target, {});
    const wanted = rows.filter((row) => people.includes(String(row['id'])));
    const reveal = () => app.get(Vault).reveal(wanted, ['email'] as never[], 'users.administration');
    await as(clerk, '203.0.113.99', reveal, clerkSession);
  };

  beforeAll(async () => {
    database = await testDatabase(dialect);
    await boot();
    const users = app.get(UsersService);
    for (const [id, email] of [
      [ada, 'ada@example.com'],
      [bob, 'bob@example.com'],
      [clerk, 'clerk@example.com'],
    ] as const) {
      await users.prepare(id);
      await users.createVerified({ id, email, name: 'Somebody', roles: [] });
    }
    await lookUp([ada]);
    await lookUp([ada, bob]);
    await lookUp([bob]);
  });
  afterAll(async () => {
    await app.close({ keepDatabase: true });
    await database.remove();
  });

  const holdsWhatOthersDid = async () => {
    const { text, entries } = await exportOf(ada);
    const reveals = entries.filter(({ action }) => action === 'vault.reveal');
    expect(reveals).toMatchObject([
      { outcome: 'succeeded', actorKind: 'user', purpose: 'users.administration' },
      { outcome: 'succeeded', actorKind: 'user', purpose: 'users.administration' },
    ]);
    for (const secret of [clerk, bob, clerkSession, '203.0.113.99']) expect(text).not.toContain(secret);
    // What she did herself is told with her own address, also where no subject is named.
    const own = entries.filter(({ action }) => action === 'privacy.export');
    expect(own.length).toBeGreaterThan(0);
    expect(own[0]).toMatchObject({ actorId: ada, clientAddress: '203.0.113.1' });
    const ids = entries.map(({ id }) => String(id));
    expect(ids).toEqual([...new Set(ids)].sort());
    return ids;
  };

  it('holds what others looked at and did, and nothing about them, as soon as it has happened', async () => {
    expect(await query('SELECT 1 FROM audit_term')).toEqual([]);
    await holdsWhatOthersDid();
  });

  const sequence = async () => {
    await boot(true);
    const waiting = 'SELECT id FROM audit_entry WHERE leaf_index IS NULL';
    await vi.waitFor(async () => expect(await query(waiting)).toEqual([]), 20_000);
  };

  it('holds the same once the record is sequenced', async () => {
    const before = await holdsWhatOthersDid();
    await sequence();
    await boot();
    expect((await holdsWhatOthersDid()).slice(0, before.length)).toEqual(before);
  });

  it('is read page by page, sequenced and waiting entries together', async () => {
    for (let index = 0; index < MANY + 50; index += 1) {
      await as(bob, '203.0.113.2', () => app.get(UnitOfWork).run({ action: 'test.act' }, async () => {}));
    }
    const { entries } = await exportOf(bob);
    expect(entries.filter(({ action }) => action === 'test.act')).toHaveLength(MANY + 50);
  });

  it('holds what is left of entries whose retention has ended', async () => {
    // Expiry looks once an hour: what is sequenced after its first look would have to wait for the next.
    await sequence();
    const later = Date.now() + 2 * 86_400_000;
    const clock = vi.spyOn(Clock.prototype, 'now').mockImplementation(() => new Date(later));
    await boot(true, { AUDIT_RETENTION: '*=1' });
    const kept = `SELECT id FROM audit_entry WHERE action IN ('vault.reveal', 'test.act') AND salt IS NOT NULL`;
    await vi.waitFor(async () => expect(await query(kept)).toEqual([]), 20_000);
    await boot();
    clock.mockRestore();
    const { entries } = await exportOf(ada);
    expect(entries.filter(({ action }) => action === 'vault.reveal')).toEqual([]);
    const { entries: own } = await exportOf(bob);
    const acts = own.filter(({ action }) => action === 'test.act');
    expect(acts).toHaveLength(MANY + 50);
    expect(acts[0]).toMatchObject({ actorId: bob, outcome: 'succeeded', sessionId: null });
    expect(acts[0]).not.toHaveProperty('clientAddress');
  });

  it('scans no table', async () => {
    await fill();
    const statements = await statementsOf(() => exportOf(ada));
    expect(statements.length).toBeGreaterThan(8);
    const scans: string[] = [];
    for (const { sql, parameters } of statements) {
      for (const plan of await plansOf(sql, parameters)) scans.push(`${plan} — ${sql}`);
    }
    expect(scans).toEqual([]);
  });

  /** Many rows of other people in every table that has people in it. */
  async function fill(): Promise<void> {
    const { entities, dialect: sql } = app.get(Database);
    const isSqlite = sql.name === 'sqlite';
    const tables = entities.filter(
      ({ tableName }) => !/^(audit_log|captured|subject_key|outbox)/.test(tableName),
    );
    const connection = isSqlite
      ? new Sqlite(join(database.dataDir, 'steward.sqlite'))
      : await createConnection(database.url!);
    const write = (text: string) =>
      connection instanceof Sqlite ? connection.exec(text) : connection.query(text);
    if (isSqlite) await write('PRAGMA foreign_keys = OFF; PRAGMA ignore_check_constraints = ON');
    else await write('SET FOREIGN_KEY_CHECKS = 0');
    if (dialect === 'mariadb') await write('SET check_constraint_checks = 0');
    if (dialect === 'mysql') for (const statement of await unenforcedChecks()) await write(statement);
    for (const { tableName, columns } of tables) {
      const quoted = (name: string) => (isSqlite ? `"${name}"` : `\`${name}\``);
      const rows = Array.from({ length: MANY }, (_, row) => {
        const values = columns.map(({ type, length, isNullable, isGenerated }) => {
          const kind = typeof type === 'function' ? type.name : String(type);
          if (isNullable && !/^(varchar|bigint)$/.test(kind)) return 'NULL';
          if (isGenerated) return String(1_000_000 + row);
          if (/varchar|char|String/.test(kind)) return `'${`x${row}`.slice(0, Number(length) || 40)}'`;
          if (/blob|binary/.test(kind)) return isSqlite ? `x'00'` : `'x'`;
          if (/datetime/.test(kind)) return `'2026-01-01 00:00:00'`;
          if (/text/.test(kind)) return `'{}'`;
          return /tinyint|boolean/i.test(kind) ? '1' : String(1_000_000 + row);
        });
        return `(${values.join(', ')})`;
      });
      const names = columns.map(({ databaseName }) => quoted(databaseName)).join(', ');
      await write(`INSERT INTO ${quoted(tableName)} (${names}) VALUES ${rows.join(', ')}`);
      if (!isSqlite) await write(`ANALYZE TABLE ${quoted(tableName)}`);
    }
    if (isSqlite) await write('ANALYZE');
    await (connection instanceof Sqlite ? connection.close() : connection.end());
  }

  /** MySQL has no way to leave the checks of all tables aside. */
  async function unenforcedChecks(): Promise<string[]> {
    const rows = await query(
      `SELECT table_name AS t, constraint_name AS c FROM information_schema.table_constraints
       WHERE constraint_schema = DATABASE() AND constraint_type = 'CHECK'`,
    );
    return rows.map(({ t, c }) => `ALTER TABLE \`${String(t)}\` ALTER CHECK \`${String(c)}\` NOT ENFORCED`);
  }

  /** The SELECTs that the application sends while `work` runs. */
  async function statementsOf(work: () => Promise<unknown>) {
    const found: { sql: string; parameters: readonly unknown[] }[] = [];
    const runner = dialect === 'sqlite' ? BetterSqlite3QueryRunner : MysqlQueryRunner;
    const send = runner.prototype.query as (...args: unknown[]) => Promise<unknown>;
    const spy = vi.spyOn(runner.prototype, 'query').mockImplementation(function (
      this: unknown,
      ...args: unknown[]
    ) {
      const [sql, parameters = []] = args as [string, unknown[]?];
      if (/^\s*SELECT/i.test(sql)) found.push({ sql, parameters });
      return send.apply(this, args);
    } as never);
    await work();
    spy.mockRestore();
    return found;
  }

  /** The parts of a statement's plan that read a whole table. */
  async function plansOf(sql: string, parameters: readonly unknown[]): Promise<string[]> {
    if (dialect === 'sqlite') {
      const rows = await query(`EXPLAIN QUERY PLAN ${sql}`, parameters);
      return rows.map(({ detail }) => String(detail)).filter((detail) => /^SCAN (?!range|\()/.test(detail));
    }
    const connection = await createConnection(database.url!);
    const [rows] = await connection.query(`EXPLAIN FORMAT=TRADITIONAL ${sql}`, [...parameters]);
    await connection.end();
    return (rows as { table: string | null; type: string | null; rows: unknown }[])
      .filter(
        ({ table, type }) => table !== null && !table.startsWith('<') && /^(ALL|index)$/.test(type ?? ''),
      )
      .map(({ table, type }) => `${type} of ${table}`);
  }
});
