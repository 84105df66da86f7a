import { existsSync } from 'node:fs';

/** The engines that tests can use when the machine has them, and how to get them. */
export const engines = {
  mariadb: {
    binaries: ['/usr/sbin/mariadbd', '/usr/local/sbin/mariadbd'],
    install: 'apt-get install mariadb-server',
  },
  chromium: {
    binaries: ['/usr/bin/chromium', '/usr/bin/chromium-browser'],
    install: 'apt-get install chromium',
  },
} as const;

export type Engine = keyof typeof engines;

/** The path of an engine's program, or undefined when it is not installed. */
export function engineBinary(engine: Engine): string | undefined {
  return engines[engine].binaries.find((path) => existsSync(path));
}

/** Whether STEWARD_TEST_REQUIRE (a comma-separated list) makes a missing engine a failure. */
export function isRequired(engine: Engine): boolean {
  return (process.env['STEWARD_TEST_REQUIRE'] ?? '').split(',').includes(engine);
}
