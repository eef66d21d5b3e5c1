/** A vitest reporter: one plain closing line with the real counts, which other programs can read. */
import type { Reporter, TestModule } from 'vitest/node'

export default class PlainCount implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    const counts = { passed: 0, failed: 0, skipped: 0, pending: 0 }
    for (const module of modules) {
      for (const test of module.children.allTests()) counts[test.result().state] += 1
      // A file that could not be loaded runs no test, but it is a failure all the same.
      if (module.errors().length > 0) counts.failed += 1
    }
    const failed = counts.failed + counts.pending
    process.stdout.write(`${counts.passed} passed, ${failed} failed, ${counts.skipped} skipped\n`)
  }
}
