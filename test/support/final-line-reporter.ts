import type { SerializedError } from 'vitest';
import type { Reporter, TestModule } from 'vitest/node';

/** Prints `N passed, N failed` as the very last line. What could not even be run counts as failed. */
export default class FinalLineReporter implements Reporter {
  onTestRunEnd(modules: readonly TestModule[], unhandledErrors: readonly SerializedError[]): void {
    const tests = modules.flatMap((module) => [...module.children.allTests()]);
    const passed = tests.filter((test) => test.result().state === 'passed').length;
    const failedTests = tests.filter((test) => test.result().state === 'failed').length;
    const brokenGroups = modules.flatMap((module) => [module, ...module.children.allSuites()]);
    const brokenCount = brokenGroups.filter((group) => group.errors().length > 0).length;
    const failed = failedTests + brokenCount + unhandledErrors.length;
    // The default reporter writes its own summary meanwhile; only what is written at the exit is the last.
    process.once('exit', () => process.stdout.write(`${passed} passed, ${failed} failed\n`));
  }
}
