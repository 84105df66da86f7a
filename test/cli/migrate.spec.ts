import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEveryDialect, type TestDatabase, testDatabase } from '#kernel/testing';
import { root } from '../support/rooms.js';

describeOnEveryDialect('steward migrate', (dialect) => {
  let database: TestDatabase;
  beforeAll(async () => {
    database = await testDatabase(dialect);
  });
  afterAll(() => database.remove());

  const migrate = async () => {
    const env = {
      ...process.env,
      ...database.environment,
      NODE_ENV: 'development',
      LOG_LEVEL: 'silent',
      // How long a unit may take is not under test, and a busy machine stretches it.
      UNIT_TIMEOUT_MS: '60000',
    };
    const command = ['dist/apps/cli/src/main.js', 'migrate'];
    const { stdout } = await promisify(execFile)(process.execPath, command, { cwd: root, env });
    return stdout;
  };

  /** As a database administrator would: on a connection that the application knows nothing of. */
  const byHand = async (...statements: string[]) => {
    if (database.url === undefined) {
      const Sqlite = createRequire(import.meta.url)('better-sqlite3') as new (file: string) => {
        exec(sql: string): void;
        close(): void;
      };
      const connection = new Sqlite(join(database.dataDir, 'steward.sqlite'));
      for (const statement of statements) connection.exec(statement);
      connection.close();
    } else {
      const connection = await createConnection(database.url);
      for (const statement of statements) await connection.query(statement);
      await connection.end();
    }
  };

  it('says what it did, to the schema and to the triggers that capture changes', async () => {
    expect(await migrate()).toMatch(
      /Migrated: .*CreateUsers\d+.*\nCapture: put missing capture triggers of /,
    );
    expect(await migrate()).toBe('The schema and its capture triggers were up to date.\n');
    await byHand(
      'DROP TRIGGER steward_payment_update',
      'DROP TRIGGER steward_user_delete',
      dialect === 'sqlite'
        ? 'CREATE TRIGGER steward_user_delete AFTER DELETE ON user BEGIN SELECT 1; END'
        : 'CREATE TRIGGER steward_user_delete AFTER DELETE ON user FOR EACH ROW SET @x = 1',
    );
    expect(await migrate()).toBe(
      'Capture: put missing capture triggers of payment in place; replaced altered capture triggers of user.\n',
    );
    expect(await migrate()).toBe('The schema and its capture triggers were up to date.\n');
  });
});
