import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import type { ReadableStream } from 'node:stream/web';
import Sqlite from 'better-sqlite3';
import { createConnection } from 'mysql2/promise';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { describeOnEveryDialect, type TestDatabase } from '#kernel/testing';
import { administrator, StewardProcess } from '../support/steward-process.js';

const ENTRIES = 40_000;
const DETAILS_BYTES = 3_000;
/** Far less than what is exported. */
const HEAP_MB = 96;

describeOnEveryDialect('the export of a record larger than memory', (dialect) => {
  let steward: StewardProcess;
  beforeAll(async () => {
    const environment = { BACKGROUND: 'off', NODE_OPTIONS: `--max-old-space-size=${HEAP_MB}` };
    steward = await StewardProcess.start({ dialect, environment });
    await write(steward.database);
  });
  afterAll(() => steward?.stop());

  it('comes whole, each entry once', async () => {
    const { data } = await steward.client().logIn({ body: administrator, throwOnError: true });
    const response = await fetch(`${steward.baseUrl}/v1/admin/audit/export?to=2021-01-01T00:00:00Z`, {
      headers: { authorization: `Bearer ${data.accessToken}` },
    });
    expect(response.status).toBe(200);
    const body = Readable.fromWeb(response.body as ReadableStream);
    let [count, bytes, last] = [0, 0, ''];
    for await (const line of createInterface({ input: body })) {
      const { id } = JSON.parse(line) as { id: string };
      expect(id > last).toBe(true);
      last = id;
      count += 1;
      bytes += line.length;
    }
    expect(count).toBe(ENTRIES);
    expect(bytes).toBeGreaterThan(1.2 * HEAP_MB * 2 ** 20);
    expect((await fetch(`${steward.baseUrl}/health/live`)).status).toBe(200);
  });
});

/** Entries with long details, made by the database itself. */
async function write({ dialect, url, dataDir }: TestDatabase): Promise<void> {
  const insert = (id: string, details: string) =>
    `INSERT INTO audit_entry (id, occurred_at, action, outcome, actor_kind, details, leaf_index, log_number)
     WITH RECURSIVE counter (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM counter WHERE n < ${ENTRIES})
     SELECT ${id}, '2020-01-01 00:00:00', 'thing.fat', 'succeeded', 'system', ${details}, n, 99 FROM counter`;
  if (url === undefined) {
    const database = new Sqlite(join(dataDir, 'steward.sqlite'));
    const text = `replace(hex(zeroblob(${DETAILS_BYTES / 2})), '00', 'xx')`;
    database.exec(insert(`'aud_' || printf('%026d', n)`, `'{"text":"' || ${text} || '"}'`));
    database.close();
    return;
  }
  const connection = await createConnection(url);
  const depth = dialect === 'mariadb' ? 'max_recursive_iterations' : 'cte_max_recursion_depth';
  await connection.query(`SET SESSION ${depth} = ${ENTRIES + 1}`);
  const details = `CONCAT('{"text":"', REPEAT('x', ${DETAILS_BYTES}), '"}')`;
  await connection.query(insert(`CONCAT('aud_', LPAD(n, 26, '0'))`, details));
  await connection.end();
}
