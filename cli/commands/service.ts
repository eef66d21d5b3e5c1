/** `mcp-watch service …`: mcp-watch as a service of this user, started with the session or the machine. */
import { existsSync } from 'node:fs'
import { join } from 'node:path'
import { type ExitCode, McpWatchError } from '../../shared/errors.ts'
import type { Io } from '../io.ts'
import { lookOf } from '../look.ts'
import { jsonText } from '../render/json.ts'
import {
  makeFolders,
  readInstalled,
  removeFile,
  runCommands,
  writeFile,
} from '../service/carry-out.ts'
import { exactStatus } from '../service/exact-status.ts'
import type { PlannedCommand, Scope, ServiceFacts, WatchOptions } from '../service/facts.ts'
import { gatherFacts, type Host } from '../service/gather.ts'
import { lingers } from '../service/linger.ts'
import { type Manager, managerFor } from '../service/manager.ts'
import { lingerCommand } from '../service/plan-systemd.ts'
import { refuseForeign } from '../service/refuse-foreign.ts'
import { again, installedText, removedText, statusText } from '../service/show.ts'
import { type Step, showSteps } from '../service/show-plan.ts'
import type { ServiceState } from '../service/state.ts'
import { serviceStatus } from '../service/status.ts'

export interface ServiceOptions {
  readonly system?: boolean
}

export interface InstallOptions extends ServiceOptions, WatchOptions {
  readonly dryRun?: boolean
  readonly linger?: boolean
}

interface Scene {
  readonly host: Host
  readonly facts: ServiceFacts
  readonly manager: Manager
  readonly scope: Scope
}

async function sceneFor(io: Io, options: ServiceOptions & WatchOptions): Promise<Scene> {
  const host = await (await io.entry()).serviceHost()
  const scope = options.system === true ? 'system' : 'user'
  const facts = await gatherFacts(host, io.mainPath, scope, options)
  return { host, facts, manager: managerFor(facts), scope }
}

async function stateOf({ host, manager }: Scene): Promise<ServiceState | null> {
  const { ask } = manager
  const answer = await host.run(ask.argv, ask.as)
  return answer === null ? null : manager.parseState(answer.stdout, answer.code)
}

/** Can be repeated: what is as it should be is left alone. */
export async function install(options: InstallOptions, io: Io): Promise<ExitCode> {
  const scene = await sceneFor(io, options)
  const { host, facts, manager, scope } = scene
  const content = manager.render()
  const before = readInstalled(host, scope, manager.path)
  refuseForeign(facts, manager, before, 'install')
  const state = await stateOf(scene)
  const changed = before !== content
  const plan = manager.install(content, changed || state?.active !== 'running')
  const linger: readonly PlannedCommand[] =
    options.linger === true && lingers(facts) === false ? [lingerCommand(facts)] : []
  if (options.dryRun === true) {
    io.out(
      showSteps([
        ...plan.folders.map((path): Step => ({ kind: 'folder', path })),
        ...plan.files.map((file): Step => ({ kind: 'write', file })),
        ...[...linger, ...plan.commands].map((command): Step => ({ kind: 'run', command })),
      ]),
    )
    return 0
  }
  refuseTwice(scene)
  await refuseOther(io, state)
  makeFolders(host, plan.folders)
  if (linger.length > 0) await runCommands(host, linger)
  if (manager.name === 'systemd' && scope === 'user') await requireUserManager(scene)
  if (changed) for (const file of plan.files) writeFile(host, scope, file)
  await runCommands(host, plan.commands)
  const news = before === null ? 'installed' : changed ? 'renewed' : 'unchanged'
  io.out(installedText(facts, manager, { news, lingers: lingers(facts) }))
  return 0
}

/** Two services of one user would both be started with the machine, and one of them would fail each time. */
function refuseTwice({ facts, scope }: Scene): void {
  if (facts.platform !== 'linux') return
  const other: Scope = scope === 'user' ? 'system' : 'user'
  const { path } = managerFor({ ...facts, scope: other })
  if (!existsSync(path)) return
  throw new McpWatchError('USAGE', `it is installed as another service already: ${path}`, {
    hint: `remove that one first: "${again({ scope: other }, 'uninstall')}"`,
  })
}

/** One that was started by hand holds the state folder; a service beside it could only fail. */
async function refuseOther(io: Io, state: ServiceState | null): Promise<void> {
  const running = (await io.entry()).locateDaemon()
  if (running === null || state?.active === 'running' || state?.active === 'starting') return
  throw new McpWatchError(
    'DAEMON_RUNNING',
    `mcp-watch is running already (pid ${running.pid}), and not as this service`,
    { hint: 'end it with "mcp-watch stop", then install the service' },
  )
}

/** After lingering was switched on, a manager that was not there may take a moment to come. */
async function requireUserManager({ host, facts }: Scene): Promise<void> {
  const ask: PlannedCommand = {
    argv: ['systemctl', '--user', 'show-environment'],
    as: 'user',
    purpose: 'reach the service manager of this user',
    retry: lingers(facts) === true,
  }
  try {
    await runCommands(host, [ask])
  } catch (cause) {
    const { name } = facts.user
    throw new McpWatchError('SERVICE_MANAGER', `no service manager of user ${name} answers`, {
      hint: existsSync('/run/systemd/system')
        ? `log in as ${name} (not with su), or let it run without: "loginctl enable-linger ${name}"`
        : 'this system was not started by systemd: use "mcp-watch start --detach"',
      cause,
    })
  }
}

/** Ends the daemon and takes the service away; what was recorded stays. */
export async function uninstall(
  options: ServiceOptions & { readonly dryRun?: boolean },
  io: Io,
): Promise<ExitCode> {
  const scene = await sceneFor(io, options)
  const { host, facts, manager, scope } = scene
  const { before, after } = manager.uninstall()
  const text = readInstalled(host, scope, manager.path)
  refuseForeign(facts, manager, text, 'uninstall')
  const wasInstalled = text !== null
  const answers = ((await stateOf(scene))?.active ?? 'unknown') !== 'unknown'
  if (options.dryRun === true) {
    const run = (command: PlannedCommand): Step => ({ kind: 'run', command })
    const steps: Step[] = [
      ...before.map(run),
      { kind: 'remove', path: manager.path },
      ...after.map(run),
    ]
    io.out(wasInstalled ? showSteps(steps) : '')
  } else if (wasInstalled) {
    await runCommands(host, before)
    removeFile(host, scope, manager.path)
    await runCommands(host, after)
  }
  if (options.dryRun !== true || !wasInstalled) {
    io.out(removedText(facts, manager, { wasInstalled, answers }))
  }
  return 0
}

/** Ends with 3 where it is not installed or does not run. */
export async function status(
  options: ServiceOptions & { readonly json?: boolean },
  io: Io,
): Promise<ExitCode> {
  const scene = await sceneFor(io, options)
  const { host, facts, manager, scope } = scene
  const answer = await serviceStatus({
    facts,
    manager,
    text: readInstalled(host, scope, manager.path),
    state: await stateOf(scene),
    lingers: lingers(facts),
    modulesOf: (node) => host.modulesOf(node),
    exists: existsSync,
    exact: await exactStatus(host),
  })
  io.out(options.json === true ? jsonText(answer) : statusText(answer, lookOf(io)))
  return answer.installed && answer.state === 'running' ? 0 : 3
}

/** The daemon's own log, then what the service manager says of it where that can be read. */
export async function logs(
  options: ServiceOptions & { readonly lines?: number },
  io: Io,
): Promise<ExitCode> {
  const { host, facts, manager, scope } = await sceneFor(io, options)
  const { logLinesText, managerLogText } = await import('../service/logs.ts')
  const most = options.lines ?? 30
  const path = join(facts.folders.state, 'log')
  io.out(logLinesText(path, host.logLines().slice(-most), lookOf(io)))
  io.out(await managerLogText({ host, facts, manager, scope, most }))
  return 0
}
