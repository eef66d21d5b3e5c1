import { defineConfig } from 'vitest/config'

export default defineConfig({
  test: {
    reporters: ['default', './test/helpers/plain-count.ts'],
    projects: [
      {
        test: {
          name: 'unit',
          include: ['unit', 'property', 'corpus'].map((folder) => `test/${folder}/**/*.test.ts`),
          testTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'integration',
          include: ['test/integration/**/*.test.ts'],
          testTimeout: 60_000,
          hookTimeout: 60_000,
        },
      },
      {
        test: {
          name: 'e2e',
          include: ['test/e2e/**/*.test.ts'],
          testTimeout: 300_000,
          hookTimeout: 120_000,
          fileParallelism: false,
          // The program itself is tested, so it is built first.
          globalSetup: ['test/helpers/build.ts'],
        },
      },
    ],
  },
})
