/** `mcp-watch service` and its parts. Loaded like the others only when they run. */
import { type Command, InvalidArgumentError, Option } from 'commander'
import type { ExitCode } from '../shared/errors.ts'
import { ENGINE_NAMES } from '../shared/model/observation.ts'
import type { CaptureOptions } from './commands/capture.ts'
import type { InstallOptions, ServiceOptions } from './commands/service.ts'
import type { ExactOptions } from './commands/service-exact.ts'
import type { Io } from './io.ts'
import { durationWithin, INTERVAL_BOUNDS, portNumber } from './options.ts'

const MOST_LINES = 10_000

const systemOption = (): Option =>
  new Option('--system', 'of the system’s own manager, with sudo (systemd only)')
const exactOption = (): Option =>
  new Option('--exact', 'the capture service, for all users of the system, with sudo').conflicts([
    'system',
    'linger',
    'engine',
    'interval',
    'port',
  ])
const dryRunOption = (): Option =>
  new Option('--dry-run', 'print every file and command, and change nothing')

/** Adds them to the program; `done` is handed the exit code. */
export function addService(program: Command, io: Io, done: (code: ExitCode) => void): void {
  const service = program
    .command('service')
    .description('have mcp-watch run by itself, as a service of yours')
  addInstall(service, io, done)
  service
    .command('uninstall')
    .description('stop the service and take it away; what was recorded stays')
    .addOption(systemOption())
    .addOption(exactOption())
    .addOption(dryRunOption())
    .action(async (options: ServiceOptions & ExactOptions & { exact?: boolean }) => {
      if (options.exact === true) {
        const { uninstallExact } = await import('./commands/service-exact.ts')
        done(await uninstallExact(options, io))
        return
      }
      const { uninstall } = await import('./commands/service.ts')
      done(await uninstall(options, io))
    })
  service
    .command('status')
    .description('say whether it is installed and runs, and what is wrong with it')
    .addOption(systemOption())
    .addOption(new Option('--json', 'print JSON, for programs'))
    .action(async (options: ServiceOptions & { json?: boolean }) => {
      const { status } = await import('./commands/service.ts')
      done(await status(options, io))
    })
  service
    .command('logs')
    .description('show the end of its log, and what its manager says of it')
    .addOption(systemOption())
    .addOption(
      new Option('-n, --lines <number>', 'how many lines (default: 30)').argParser(lineNumber),
    )
    .action(async (options: ServiceOptions & { lines?: number }) => {
      const { logs } = await import('./commands/service.ts')
      done(await logs(options, io))
    })
}

function addInstall(service: Command, io: Io, done: (code: ExitCode) => void): void {
  service
    .command('install')
    .description('start it now and at each login; again to bring it up to date')
    .addOption(systemOption())
    .addOption(exactOption())
    .addOption(dryRunOption())
    .option('--linger', 'let it run while nobody is logged in (loginctl enable-linger)')
    .addOption(new Option('--engine <name>', 'how to look at sockets').choices([...ENGINE_NAMES]))
    .addOption(
      new Option('--interval <duration>', 'how often to look, like 500ms or 2s').argParser(
        durationWithin(INTERVAL_BOUNDS),
      ),
    )
    .addOption(
      new Option('--port <number>', 'where on 127.0.0.1 the API is too, 0 for nowhere').argParser(
        portNumber,
      ),
    )
    .action(async (options: InstallOptions & { exact?: boolean }) => {
      if (options.exact === true) {
        const { installExact } = await import('./commands/service-exact.ts')
        done(await installExact(options, io))
        return
      }
      const { install } = await import('./commands/service.ts')
      done(await install(options, io))
    })
}

/** Nobody types it: it is what the unit of `service install --exact` runs. */
export function addCapture(program: Command, io: Io, done: (code: ExitCode) => void): void {
  program
    .command('capture')
    .helpGroup('Run by systemd:')
    .description('hand each user the network events of their own processes')
    .option('--socket <path>', 'where users connect to it')
    .action(async (options: CaptureOptions) => {
      const { capture } = await import('./commands/capture.ts')
      done(await capture(options, io))
    })
}

function lineNumber(text: string): number {
  const lines = /^\d{1,5}$/.test(text) ? Number(text) : 0
  if (lines < 1 || lines > MOST_LINES) {
    throw new InvalidArgumentError(`Give a number from 1 to ${MOST_LINES}.`)
  }
  return lines
}
