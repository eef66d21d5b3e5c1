/** The commands that look into something: findings, history, explain, doctor. Loaded like the others only when they run. */
import { type Command, Option } from 'commander'
import type { ExitCode } from '../shared/errors.ts'
import type { DoctorOptions } from './commands/doctor.ts'
import type { FindingsOptions } from './commands/findings.ts'
import type { HistoryOptions } from './commands/history.ts'
import type { Io } from './io.ts'
import { durationWithin, SINCE_BOUNDS } from './options.ts'

/** Findings are few and stay worth reading for longer than a day's connections. */
const FINDINGS_SINCE = { text: '7d', ms: 7 * 24 * 60 * 60_000 }

/** As long as changes are kept. */
const HISTORY_SINCE = { text: '365d', ms: 365 * 24 * 60 * 60_000 }

const jsonOption = (): Option => new Option('--json', 'print JSON, for programs')

/** Adds them to the program; `done` is handed the exit code. */
export function addInspecting(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command('findings')
    .description('list findings, or show one in full')
    .argument('[id]', 'a finding, by its id or the beginning of it')
    .addOption(jsonOption())
    .addOption(
      new Option('--since <duration>', 'how far to look back, like 24h or 30d')
        .argParser(durationWithin(SINCE_BOUNDS))
        .default(FINDINGS_SINCE, FINDINGS_SINCE.text),
    )
    .option('--server <name>', 'only of this server, by name or id')
    .option('--client <id>', 'only of the servers of this client')
    .action(async (id: string | undefined, options: FindingsOptions) => {
      const { findings } = await import('./commands/findings.ts')
      done(await findings(id, options, io))
    })
  program
    .command('history')
    .description('show what became of a server in its client’s configuration')
    .argument('<server>', 'the name or id of a server, also of one that is gone')
    .addOption(jsonOption())
    .addOption(
      new Option('--since <duration>', 'how far to look back, like 24h or 30d')
        .argParser(durationWithin(SINCE_BOUNDS))
        .default(HISTORY_SINCE, HISTORY_SINCE.text),
    )
    .option('--client <id>', 'only of this client')
    .action(async (server: string, options: HistoryOptions) => {
      const { history } = await import('./commands/history.ts')
      done(await history(server, options, io))
    })
  program
    .command('explain')
    .description('say why a process is taken for a server or not, and how a server is recognised')
    .argument('<process or server>', 'a process id, or the name or id of a server')
    .addOption(jsonOption())
    .action(async (subject: string, options: { json?: boolean }) => {
      const { explain } = await import('./commands/explain.ts')
      done(await explain(subject, options, io))
    })
  program
    .command('doctor')
    .description('say what mcp-watch has to work with here, and what it cannot see')
    .addOption(jsonOption())
    .option('--bundle <file>', 'write what a bug report needs to a new .json.gz file')
    .option('-v, --verbose', 'list the files that were read and the places looked at')
    .action(async (options: DoctorOptions) => {
      const { doctor } = await import('./commands/doctor.ts')
      done(await doctor(options, io))
    })
}
