import { defineConfig } from 'vitest/config';
import { BaseSequencer, type TestSpecification } from 'vitest/node';

/** The storm of faults takes longest: begun last, it would run on alone. */
class StormFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const isStorm = ({ moduleId }: TestSpecification) => moduleId.endsWith('/test/chaos/chaos.test.ts');
    const sorted = await super.sort(files);
    return [...sorted.filter(isStorm), ...sorted.filter((file) => !isStorm(file))];
  }
}

export default defineConfig({
  test: {
    include: ['test/**/*.test.ts'],
    reporters: ['default', './test/support/final-line-reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    // Many tests are several busy processes: more at once would not end sooner, and each of them later.
    maxWorkers: 3,
    sequence: { sequencer: StormFirst },
  },
});
