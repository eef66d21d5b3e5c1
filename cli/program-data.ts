/** The commands about what is kept: data stats, prune, export, erase. Loaded like the others only when they run. */
import { type Command, Option } from 'commander'
import type { ExitCode } from '../shared/errors.ts'
import type { EraseOptions, PruneOptions } from './commands/data.ts'
import type { ExportOptions } from './commands/data-export.ts'
import type { Io } from './io.ts'
import { durationWithin, SINCE_BOUNDS } from './options.ts'

const jsonOption = (): Option => new Option('--json', 'print JSON, for programs')
const EXPORT_SINCE = { text: '3650d', ms: SINCE_BOUNDS.most }

/** Adds them to the program; `done` is handed the exit code. */
export function addData(program: Command, io: Io, done: (code: ExitCode) => void): void {
  const data = program
    .command('data')
    .description('what is kept: how much, removing it, handing it out')
  data
    .command('stats')
    .description('show what is kept, since when, and for how long')
    .addOption(jsonOption())
    .action(async (options: { json?: boolean }) => {
      const { stats } = await import('./commands/data.ts')
      done(await stats(options, io))
    })
  addRemoving(data, io, done)
  data
    .command('export')
    .description('print every record, one a line')
    .addOption(
      new Option('--format <format>', 'how to write them')
        .choices(['jsonl', 'csv'])
        .default('jsonl'),
    )
    .addOption(
      new Option('--since <duration>', 'how far to look back, like 24h or 30d')
        .argParser(durationWithin(SINCE_BOUNDS))
        .default(EXPORT_SINCE, 'all there is'),
    )
    .option('--server <name>', 'only of this server, by name or id')
    .option('--client <id>', 'only of the servers of this client')
    .action(async (options: ExportOptions) => {
      const { exportData } = await import('./commands/data-export.ts')
      done(await exportData(options, io))
    })
}

function addRemoving(data: Command, io: Io, done: (code: ExitCode) => void): void {
  data
    .command('prune')
    .description('remove what is older than it is kept for, now')
    .addOption(
      new Option('--older-than <duration>', 'remove everything that is older, like 7d').argParser(
        durationWithin(SINCE_BOUNDS),
      ),
    )
    .option('--server <name>', 'only of this server, by name or id')
    .option('--client <id>', 'only of the servers of this client')
    .addOption(jsonOption())
    .action(async (options: PruneOptions) => {
      const { prune } = await import('./commands/data.ts')
      done(await prune(options, io))
    })
  data
    .command('erase')
    .description('remove every record, or those of one server, for good')
    .option('--server <name>', 'only of this server, by name or id')
    .option('--client <id>', 'only of the servers of this client')
    .option('-y, --yes', 'do not ask')
    .addOption(jsonOption())
    .action(async (options: EraseOptions) => {
      const { erase } = await import('./commands/data.ts')
      done(await erase(options, io))
    })
}
