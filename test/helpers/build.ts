/** Builds the program before the end-to-end tests, so that they never test an old one. */
import { execFileSync } from 'node:child_process'
import { join } from 'node:path'

export default function build(): void {
  const root = join(import.meta.dirname, '../..')
  execFileSync('npm', ['run', 'build'], { cwd: root, stdio: ['ignore', 'ignore', 'inherit'] })
}
