/** One run of the program: arguments in, exit code out. Never throws. */
import { CommanderError } from 'commander'
import type { ExitCode } from '../shared/errors.ts'
import { failureJson, showFailure } from './failure.ts'
import type { Io } from './io.ts'
import { createProgram } from './program.ts'

/** `argv` without the program's own name. */
export async function run(argv: readonly string[], io: Io): Promise<ExitCode> {
  let code: ExitCode = 0
  const program = createProgram(io, (ended) => {
    code = ended
  })
  try {
    await program.parseAsync([...argv], { from: 'user' })
    return code
  } catch (error) {
    const json = asksForJson(argv)
    if (!(error instanceof CommanderError)) return showFailure(error, io, json)
    // Help and version were asked for; everything else commander stops at is wrong usage, which it calls 1.
    if (error.exitCode === 0) return 0
    if (json) io.out(failureJson('USAGE', error.message.replace(/^error: /, ''), null))
    return 2
  }
}

/** Read by hand: where the usage is wrong there are no parsed options. */
function asksForJson(argv: readonly string[]): boolean {
  const end = argv.indexOf('--')
  return (end === -1 ? argv : argv.slice(0, end)).includes('--json')
}
