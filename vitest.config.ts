import { defineConfig } from 'vitest/config';

const inBrowser = 'test/browser/**/*.test.ts';

export default defineConfig({
  test: {
    reporters: ['default', './test/support/final-line-reporter.ts'],
    testTimeout: 30_000,
    hookTimeout: 30_000,
    pool: 'forks',
    projects: [
      {
        extends: true,
        test: {
          name: 'processes',
          include: ['test/**/*.test.ts'],
          exclude: [inBrowser],
          maxWorkers: 4,
          sequence: { groupOrder: 0 },
        },
      },
      {
        extends: true,
        // A browser keeps all cores busy: several at once would take as long, and each test of them a multiple.
        test: { name: 'browser', include: [inBrowser], maxWorkers: 1, sequence: { groupOrder: 1 } },
      },
    ],
  },
});
