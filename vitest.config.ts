import { defineConfig } from 'vitest/config';

const conditions = ['source', 'node', 'import', 'module', 'default'];
const jsonReport = process.env['STEWARD_TEST_REPORT'];

const shared = {
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['source'] } },
};
const test = {
  setupFiles: ['libs/kernel/src/testing/setup.ts'],
  pool: 'forks' as const,
  testTimeout: 30_000,
  hookTimeout: 120_000,
  teardownTimeout: 20_000,
};

export default defineConfig({
  test: {
    // Finds the database servers, and starts one private MariaDB for all projects, when it is installed.
    globalSetup: ['libs/kernel/src/testing/global-setup.ts'],
    // Every file may hold a database, a server or a browser: more at once is slower, not faster.
    maxWorkers: 2,
    outputFile: { json: jsonReport ?? '' },
    reporters: [
      'default',
      './test/support/skipped-reporter.ts',
      ...(jsonReport === undefined ? [] : ['json']),
    ],
    projects: [
      {
        ...shared,
        test: {
          ...test,
          name: 'rooms',
          include: ['libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'test/*.spec.ts'],
        },
      },
      {
        // Real processes, over HTTP: they run what is in dist.
        ...shared,
        test: {
          ...test,
          name: 'system',
          include: ['test/*/**/*.spec.ts'],
          globalSetup: ['test/support/build.ts'],
          testTimeout: 120_000,
        },
      },
    ],
  },
});
