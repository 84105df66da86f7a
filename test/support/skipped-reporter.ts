import type { Reporter, TestCase, TestModule, TestSuite } from 'vitest/node';

/** Names every skipped suite at the end of a run, under what it needs to run. */
export default class SkippedReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const skipped = new Map<string, string[]>();
    for (const name of modules.flatMap((module) => [...skippedIn(module)])) {
      const need = / — (needs: .*?)(?= > |$)/.exec(name)?.[1] ?? 'for a reason of its own';
      skipped.set(need, [...(skipped.get(need) ?? []), name.replace(` — ${need}`, '')]);
    }
    for (const [need, names] of skipped)
      process.stdout.write(`\nSkipped, ${need}\n${names.map((name) => `  ${name}\n`).join('')}`);
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
