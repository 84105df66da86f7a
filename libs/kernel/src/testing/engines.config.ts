import { existsSync } from 'node:fs';

/** The engines that tests can use when they are here, and how to get them. */
export const engines = {
  mariadb: { install: 'apt-get install mariadb-server' },
  // Debian has none to install; wherever one runs, it gets databases of its own, which are removed in the end.
  mysql: { install: 'STEWARD_TEST_MYSQL=mysql://root@127.0.0.1:3306, the address of a MySQL from 8.4 on' },
  chromium: { install: 'apt-get install chromium' },
  openssl: { install: 'apt-get install openssl' },
} as const;

export type Engine = keyof typeof engines;

const PROGRAMS = {
  mariadb: ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd'],
  chromium: ['/usr/bin/chromium', '/usr/bin/chromium-browser'],
  openssl: ['/usr/bin/openssl', '/usr/local/bin/openssl'],
} as const;

/** The path of an engine's program, or undefined when it is not installed. */
export function engineBinary(engine: keyof typeof PROGRAMS): string | undefined {
  return PROGRAMS[engine].find((path) => existsSync(path));
}

/** The address of a running MySQL, from STEWARD_TEST_MYSQL: `mysql://<user>@<host>:<port>`, without a database. */
export const mysqlAddress = (): string | undefined => process.env['STEWARD_TEST_MYSQL'];

/** Whether STEWARD_TEST_REQUIRE (a comma-separated list) makes a missing engine a failure. */
export function isRequired(engine: Engine): boolean {
  return (process.env['STEWARD_TEST_REQUIRE'] ?? '').split(',').includes(engine);
}
