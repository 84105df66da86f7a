import type { TestProject } from 'vitest/node';
import { engineBinary, engines, isRequired } from './engines.config.js';
import { type MariadbServer, startMariadb } from './mariadb-server.js';

declare module 'vitest' {
  export interface ProvidedContext {
    /** Address of the private MariaDB of this run, or null when none is installed. */
    mariadbUrl: string | null;
  }
}

let server: MariadbServer | undefined;

/** Starts one private MariaDB for the whole run, when it is installed. */
export async function setup(project: TestProject): Promise<void> {
  const binary = engineBinary('mariadb');
  if (!binary) {
    if (isRequired('mariadb')) throw new Error(`MariaDB is required here: ${engines.mariadb.install}`);
    project.provide('mariadbUrl', null);
    return;
  }
  server = await startMariadb(binary, [
    '--innodb-buffer-pool-size=128M',
    '--innodb-log-file-size=32M',
    '--innodb-flush-log-at-trx-commit=2',
    '--max-connections=500',
  ]);
  project.provide('mariadbUrl', server.url);
}

export async function teardown(): Promise<void> {
  await server?.stop();
}
