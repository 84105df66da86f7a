// test-counts.mjs REPORT FAILED: prints "N passed, N failed" from vitest's JSON report and exits with 1 when
// anything failed. FAILED is 1 when a step outside the tests failed, which counts as one failure.
import { readFileSync } from 'node:fs';

const [, , reportFile, stepFailed] = process.argv;
let passed = 0;
let failed = 0;
try {
  const report = JSON.parse(readFileSync(reportFile, 'utf8'));
  passed = report.numPassedTests;
  failed = report.numFailedTests;
  // A file that could not be loaded has no failed test of its own.
  failed += report.testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length;
} catch {
  process.stderr.write('No test ran.\n');
}
if (stepFailed === '1' && failed === 0) failed = 1;
if (passed === 0 && failed === 0) failed = 1;
process.stdout.write(`${passed} passed, ${failed} failed\n`);
process.exit(failed === 0 ? 0 : 1);
