import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Injectable, Module } from '@nestjs/common';
import { createConnection } from 'mysql2/promise';
import { Column, Entity, type MigrationInterface, type QueryRunner, type Repository } from 'typeorm';
import {
  AmountColumn,
  AppendOnly,
  CodeColumn,
  columns,
  createTable,
  Database,
  feature,
  IdColumn,
  InjectRepository,
  NotCaptured,
  NotPersonal,
  PersonalData,
  RefColumn,
  type Sealed,
  Secret,
} from '#kernel';
import {
  bindGlobally,
  type BootedModule,
  bootTestModule,
  nullPorts,
  type TestDatabase,
  type TestDialect,
} from '#kernel/testing';
import { RevealPolicy, VaultModule } from '#vault';
import { AuditModule } from '../audit.module.js';

/** A business row with every kind of column. */
@Entity('thing')
export class Thing {
  @IdColumn()
  id: string;

  @RefColumn({ nullable: true })
  ownerId: string | null;

  @Column({ type: 'varchar', length: 100, nullable: true })
  @NotPersonal()
  title: string | null;

  @CodeColumn({ nullable: true })
  code: string | null;

  @AmountColumn()
  amountMinor: bigint;

  @Column({ type: 'varchar', length: 64, nullable: true })
  @Secret()
  tokenHash: string | null;

  @PersonalData({
    id: 'things.email',
    subject: 'ownerId',
    retention: 'account',
    label: 'E-mail address',
    nullable: true,
  })
  email: Sealed<string> | null;
}

/** A row that never changes. */
@Entity('receipt')
@AppendOnly()
export class Receipt {
  @IdColumn()
  id: string;

  @AmountColumn()
  amountMinor: bigint;
}

/** A row with a key of two columns. */
@Entity('pairing')
export class Pairing {
  @RefColumn()
  @Column({ primary: true })
  left: string;

  @RefColumn()
  @Column({ primary: true })
  right: string;
}

/** A row that nobody follows. */
@Entity('scratch')
@NotCaptured('Only this test needs it.')
export class Scratch {
  @IdColumn()
  id: string;
}

class CreateThings1700000009000 implements MigrationInterface {
  async up(runner: QueryRunner): Promise<void> {
    await createTable(
      runner,
      'thing',
      [
        columns.id(),
        columns.ref('owner_id', { nullable: true }),
        columns.words('title', { length: 100, nullable: true }),
        columns.code('code', { nullable: true }),
        columns.amount('amount_minor'),
        columns.secret('token_hash', { length: 64, nullable: true }),
        columns.sealed('email', { nullable: true }),
      ],
      { uniques: [['code']] },
    );
    await createTable(runner, 'receipt', [columns.id(), columns.amount('amount_minor')]);
    await createTable(runner, 'pairing', [
      columns.ref('left', { primary: true }),
      columns.ref('right', { primary: true }),
    ]);
    await createTable(runner, 'scratch', [columns.id()]);
  }
  async down(): Promise<void> {}
}

@Injectable()
export class Things {
  constructor(
    @InjectRepository(Thing) readonly things: Repository<Thing>,
    @InjectRepository(Receipt) readonly receipts: Repository<Receipt>,
    @InjectRepository(Pairing) readonly pairings: Repository<Pairing>,
    @InjectRepository(Scratch) readonly scratches: Repository<Scratch>,
  ) {}
}

@Module({
  imports: [
    feature({
      name: 'things',
      entities: [Thing, Receipt, Pairing, Scratch],
      migrations: [CreateThings1700000009000],
    }),
  ],
  providers: [Things],
  exports: [Things],
})
export class ThingsModule {}

export class AnyPurpose extends RevealPolicy {
  async check(): Promise<void> {}
}

/** Boots vault, audit and the things on a fresh database. */
export async function bootAudit(
  dialect: TestDialect,
  database?: TestDatabase,
  environment: Readonly<Record<string, string>> = {},
): Promise<BootedModule> {
  return bootTestModule({
    dialect,
    environment,
    ...(database ? { database } : {}),
    imports: [
      VaultModule,
      AuditModule,
      ThingsModule,
      bindGlobally(nullPorts.authenticator, { provide: RevealPolicy, useClass: AnyPurpose }),
    ],
  });
}

/** One captured change as a test looks at it. */
export interface SeenChange {
  readonly table: string;
  readonly row: string;
  readonly operation: string;
  readonly before: Record<string, string | null> | null;
  readonly after: Record<string, string | null> | null;
  readonly entry: string | null;
  readonly user: string;
  readonly at: string;
}

/** The captured changes of a table, in order, without the baseline. */
export async function changesOf(app: BootedModule, table: string): Promise<SeenChange[]> {
  const rows = await app
    .get(Database)
    .query(`SELECT * FROM row_change WHERE table_name = ? AND operation <> 'baseline' ORDER BY id`, [table]);
  return rows.map(toSeen);
}

const parsed = (image: unknown) =>
  image === null ? null : (JSON.parse(String(image)) as Record<string, string | null>);

export function toSeen(row: Record<string, unknown>): SeenChange {
  return {
    table: String(row['table_name']),
    row: String(row['row_id']),
    operation: String(row['operation']),
    before: parsed(row['before_image']),
    after: parsed(row['after_image']),
    entry: row['entry_id'] as string | null,
    user: String(row['database_user']),
    at: String(row['changed_at']),
  };
}

/** Runs statements as a database administrator would: on a connection that the application knows nothing of. */
export async function outside(database: TestDatabase, ...statements: string[]): Promise<void> {
  if (database.url === undefined) {
    const Sqlite = createRequire(import.meta.url)('better-sqlite3') as new (file: string) => {
      exec(sql: string): void;
      close(): void;
    };
    const connection = new Sqlite(join(database.dataDir, 'steward.sqlite'));
    try {
      for (const statement of statements) connection.exec(statement);
    } finally {
      connection.close();
    }
    return;
  }
  const connection = await createConnection(database.url);
  try {
    for (const statement of statements) await connection.query(statement);
  } finally {
    await connection.end();
  }
}
