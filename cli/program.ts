/** The commands and their options, as commander wants them. Nothing heavy is loaded until a command runs. */
import { Command, Option } from 'commander'
import type { ExitCode } from '../shared/errors.ts'
import { ENGINE_NAMES, type EngineName } from '../shared/model/observation.ts'
import { VERSION } from '../shared/version.ts'
import type { ReportOptions } from './commands/report.ts'
import type { StartOptions } from './commands/start.ts'
import type { Io } from './io.ts'
import {
  DEFAULT_SINCE,
  durationWithin,
  INTERVAL_BOUNDS,
  portNumber,
  SINCE_BOUNDS,
} from './options.ts'
import { addData } from './program-data.ts'
import { addInspecting } from './program-inspect.ts'
import { addDeciding } from './program-policy.ts'
import { addCapture, addService } from './program-service.ts'

const EXIT_CODES = `
Exit codes:
  0  done
  1  findings at or above --fail-on
  2  wrong usage, configuration or policy
  3  not available: no daemon, no data yet, or another one is running
  4  this machine or mcp-watch itself`

/** `done` is handed the exit code of the command that ran. */
export function createProgram(io: Io, done: (code: ExitCode) => void): Command {
  const program = new Command('mcp-watch')
    .description('See which MCP server talks to whom')
    .version(VERSION, '--version', 'show the version')
    .helpOption('-h, --help', 'show help')
    .helpCommand('help [command]', 'show help for a command')
    .addHelpText('after', EXIT_CODES)
    .configureOutput({
      writeOut: (text) => io.out(text),
      writeErr: (text) => io.err(text),
      outputError: (text, write) => write(text.replace(/^error: /, 'mcp-watch: ')),
      getOutHasColors: () => io.color,
      getErrHasColors: () => io.color,
    })
    .exitOverride()
  addStart(program, io, done)
  addStop(program, io, done)
  addScan(program, io, done)
  addStatus(program, io, done)
  addServers(program, io, done)
  addReport(program, io, done)
  addDemo(program, io, done)
  addInspecting(program, io, done)
  addDeciding(program, io, done)
  addData(program, io, done)
  addCatalog(program, io, done)
  addService(program, io, done)
  addCapture(program, io, done)
  return program
}

type Add = (program: Command, io: Io, done: (code: ExitCode) => void) => void

const engineOption = (): Option =>
  new Option('--engine <name>', 'how to look at sockets (default: the best there is)').choices([
    ...ENGINE_NAMES,
  ])
const jsonOption = (): Option => new Option('--json', 'print JSON, for programs')

const addStart: Add = (program, io, done) => {
  program
    .command('start')
    .description('watch, and show what is seen')
    .option('--detach', 'watch in the background')
    .addOption(engineOption())
    .addOption(
      new Option('--interval <duration>', 'how often to look, like 500ms or 2s').argParser(
        durationWithin(INTERVAL_BOUNDS),
      ),
    )
    .addOption(
      new Option(
        '--port <number>',
        'where on 127.0.0.1 the API is too, 0 for nowhere (default: 6279, or a free one)',
      ).argParser(portNumber),
    )
    .option('-v, --verbose', 'show the paths of configuration files too')
    .addOption(new Option('--background').hideHelp())
    .action(async (options: StartOptions) => {
      if (options.detach === true) {
        const { detach } = await import('./commands/detach.ts')
        done(await detach(options, io))
      } else {
        const { start } = await import('./commands/start.ts')
        done(await start(options, io))
      }
    })
}

const addStop: Add = (program, io, done) => {
  program
    .command('stop')
    .description('end the mcp-watch that is running')
    .action(async () => {
      const { stop } = await import('./commands/stop.ts')
      done(await stop(io))
    })
}

const addScan: Add = (program, io, done) => {
  program
    .command('scan')
    .description('look once, without a daemon and without a database')
    .addOption(jsonOption())
    .addOption(engineOption())
    .action(async (options: { json?: boolean; engine?: EngineName }) => {
      const { scan } = await import('./commands/scan.ts')
      done(await scan(options, io))
    })
}

const addStatus: Add = (program, io, done) => {
  program
    .command('status')
    .description('show what is being watched now')
    .addOption(jsonOption())
    .action(async (options: { json?: boolean }) => {
      const { status } = await import('./commands/status.ts')
      done(await status(options, io))
    })
}

const addServers: Add = (program, io, done) => {
  program
    .command('servers')
    .description('list the MCP servers that clients are configured with')
    .addOption(jsonOption())
    .action(async (options: { json?: boolean }) => {
      const { servers } = await import('./commands/servers.ts')
      done(await servers(options, io))
    })
}

const addReport: Add = (program, io, done) => {
  program
    .command('report')
    .description('show what the servers talked to')
    .addOption(jsonOption())
    .addOption(
      new Option('--since <duration>', 'how far to look back, like 90m, 24h or 7d')
        .argParser(durationWithin(SINCE_BOUNDS))
        .default(DEFAULT_SINCE, DEFAULT_SINCE.text),
    )
    .option('--server <name>', 'only this server, by name or id')
    .option('--client <id>', 'only the servers of this client')
    .addOption(
      new Option('--fail-on <severity>', 'exit with 1 if there is a finding so severe').choices([
        'low',
        'medium',
        'high',
      ]),
    )
    .action(async (options: ReportOptions) => {
      const { report } = await import('./commands/report.ts')
      done(await report(options, io))
    })
}

const addCatalog: Add = (program, io, done) => {
  program
    .command('catalog')
    .description('show the servers that are known, and what is expected of them')
    .argument('[query...]', 'a part of a name or host')
    .addOption(jsonOption())
    .action(async (query: readonly string[], options: { json?: boolean }) => {
      const { catalog } = await import('./commands/catalog.ts')
      done(await catalog(query, options, io))
    })
}

const addDemo: Add = (program, io, done) => {
  program
    .command('demo')
    .description('show, on two servers of its own, that it works on this machine')
    .action(async () => {
      const { demo } = await import('./commands/demo.ts')
      done(await demo(io))
    })
}
