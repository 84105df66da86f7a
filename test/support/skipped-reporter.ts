import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

const installLines: Readonly<Record<string, string>> = {
  mariadb: 'apt-get install -y mariadb-server',
  chromium: 'apt-get install -y chromium',
};

/** Names every skipped suite at the end of a run, with the line that would install what it needs. */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = modules.flatMap((module) => [...skippedIn(module)]);
    if (skipped.length === 0) return;
    const lines = skipped.map((name) => {
      const engine = Object.keys(installLines).find((word) => name.toLowerCase().includes(word));
      return engine === undefined || name.includes('apt-get')
        ? `  ${name}`
        : `  ${name}  (to run it: ${installLines[engine]})`;
    });
    process.stdout.write(`\nSkipped:\n${lines.join('\n')}\n`);
  }
}

/** The outermost suites of which every test was skipped, and single skipped tests elsewhere. */
function* skippedIn(parent: TestModule | TestSuite): Generator<string> {
  for (const child of parent.children) {
    if (child.type === 'test') {
      if (isSkipped(child)) yield nameOf(child);
    } else if ([...child.children.allTests()].every(isSkipped)) {
      yield nameOf(child);
    } else {
      yield* skippedIn(child);
    }
  }
}

function isSkipped(test: TestCase): boolean {
  return test.result().state === 'skipped';
}

function nameOf(task: TestCase | TestSuite): string {
  return `${task.module.relativeModuleId}: ${task.fullName}`;
}
