import { defineConfig } from 'vitest/config';

const conditions = ['source', 'node', 'import', 'module', 'default'];
const jsonReport = process.env['STEWARD_TEST_REPORT'];

export default defineConfig({
  resolve: { conditions },
  ssr: { resolve: { conditions, externalConditions: ['source'] } },
  test: {
    include: ['libs/**/*.spec.ts', 'apps/**/*.spec.ts', 'test/**/*.spec.ts'],
    globalSetup: ['libs/kernel/src/testing/global-setup.ts'],
    setupFiles: ['libs/kernel/src/testing/setup.ts'],
    pool: 'forks',
    // Every file may hold a database, a server or a browser: more at once is slower, not faster.
    maxWorkers: 2,
    testTimeout: 30_000,
    hookTimeout: 120_000,
    teardownTimeout: 20_000,
    outputFile: { json: jsonReport ?? '' },
    reporters: [
      'default',
      './test/support/skipped-reporter.ts',
      ...(jsonReport === undefined ? [] : ['json']),
    ],
  },
});
