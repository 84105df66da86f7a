import type { TestProject } from 'vitest/node';
import type { TestServers } from './dialects.js';
import { engineBinary, engines, isRequired, mysqlAddress } from './engines.config.js';
import { type MariadbServer, startMariadb } from './mariadb-server.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** The database servers of this run. */
    testServers: TestServers;
  }
}

let mariadb: MariadbServer | undefined;

/** Starts one private MariaDB for the whole run, when it is installed. */
export async function setup(project: TestProject): Promise<void> {
  const binary = engineBinary('mariadb');
  const mysql = mysqlAddress();
  for (const [engine, found] of [['mariadb', binary] as const, ['mysql', mysql] as const]) {
    if (!found && isRequired(engine))
      throw new Error(`${engine} is required here: ${engines[engine].install}`);
  }
  if (binary) {
    mariadb = await startMariadb(binary, [
      '--innodb-buffer-pool-size=128M',
      '--innodb-log-file-size=32M',
      '--innodb-flush-log-at-trx-commit=2',
      '--max-connections=500',
    ]);
  }
  project.provide('testServers', { mariadb: mariadb?.url, mysql });
}

export async function teardown(): Promise<void> {
  await mariadb?.stop();
}
