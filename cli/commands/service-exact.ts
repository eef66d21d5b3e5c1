/** `mcp-watch service … --exact`: the capture service, one for all users of the machine (docs/service.md). */
import { type ExitCode, McpWatchError } from '../../shared/errors.ts'
import { CAPTURE_UNIT, CAPTURE_UNIT_PATH } from '../../shared/service/places.ts'
import { parseRecord, type ServiceRecord } from '../../shared/service/record.ts'
import type { Io } from '../io.ts'
import { readInstalled, removeFile, runCommands, writeFile } from '../service/carry-out.ts'
import {
  exactCommand,
  installExactPlan,
  renderCaptureUnit,
  uninstallExactCommands,
} from '../service/exact.ts'
import { exactState } from '../service/exact-status.ts'
import type { PlannedCommand } from '../service/facts.ts'
import type { Host } from '../service/gather.ts'
import { type Step, showSteps } from '../service/show-plan.ts'
import { readTemplate } from '../service/template.ts'
import { distrustError, distrustOf, type ProgramFiles } from '../service/trusted-files.ts'

export interface ExactOptions {
  readonly dryRun?: boolean
}

const run = (command: PlannedCommand): Step => ({ kind: 'run', command })

/** Can be repeated: what is as it should be is left alone. */
export async function installExact(
  { dryRun = false }: ExactOptions,
  io: Io,
  distrust: (files: ProgramFiles) => ReturnType<typeof distrustOf> = distrustOf,
): Promise<ExitCode> {
  const host = await hostOf(io)
  const { version, node, modules } = host.program
  const record: ServiceRecord = { version, node, modules, program: io.mainPath }
  const content = renderCaptureUnit(readTemplate('systemd/mcp-watch-capture.service'), record)
  if (!dryRun) refusePlainUser(host, 'install')
  const before = readInstalled(host, 'system', CAPTURE_UNIT_PATH)
  refuseOther(before, 'install')
  const found = distrust(record)
  const isChanged = before !== content
  const state = await exactState(host)
  const plan = installExactPlan(content, isChanged || state?.active !== 'running')
  if (dryRun) {
    io.out(
      showSteps([
        ...plan.files.map((file): Step => ({ kind: 'write', file })),
        ...plan.commands.map(run),
      ]),
    )
    if (found !== null) io.err(`mcp-watch: it would be refused: ${distrustError(found).message}\n`)
    return 0
  }
  if (found !== null) throw distrustError(found)
  if (isChanged) for (const file of plan.files) writeFile(host, 'system', file)
  await runCommands(host, plan.commands)
  const news = before === null ? 'installed' : isChanged ? 'brought up to date' : 'as it should be'
  io.out(
    [
      `the capture service is ${news} and running; "${exactCommand('uninstall')}" takes it away`,
      `  service  ${CAPTURE_UNIT}`,
      `  file     ${CAPTURE_UNIT_PATH}`,
      '',
    ].join('\n'),
  )
  return 0
}

export async function uninstallExact({ dryRun = false }: ExactOptions, io: Io): Promise<ExitCode> {
  const host = await hostOf(io)
  const text = readInstalled(host, 'system', CAPTURE_UNIT_PATH)
  refuseOther(text, 'uninstall')
  const { before, after } = uninstallExactCommands()
  if (text === null) {
    io.out(`no capture service is installed (${CAPTURE_UNIT_PATH})\n`)
  } else if (dryRun) {
    io.out(
      showSteps([
        ...before.map(run),
        { kind: 'remove', path: CAPTURE_UNIT_PATH },
        ...after.map(run),
      ]),
    )
  } else {
    refusePlainUser(host, 'uninstall')
    await runCommands(host, before)
    removeFile(host, 'system', CAPTURE_UNIT_PATH)
    await runCommands(host, after)
    io.out('the capture service was stopped and removed; exact capture has ended for all users\n')
  }
  return 0
}

async function hostOf(io: Io): Promise<Host> {
  const host = await (await io.entry()).serviceHost()
  if (host.platform === 'linux') return host
  throw new McpWatchError('USAGE', '--exact is for Linux with systemd')
}

function refusePlainUser({ isRoot }: Pick<Host, 'isRoot'>, word: 'install' | 'uninstall'): void {
  if (isRoot) return
  throw new McpWatchError(
    'USAGE',
    'the capture service belongs to the whole system: that needs root',
    {
      hint: `type "${exactCommand(word)}"; with --dry-run it shows what it would do`,
    },
  )
}

/** A file in its place that this program did not write is somebody's work. */
function refuseOther(text: string | null, word: 'install' | 'uninstall'): void {
  if (text === null || parseRecord(text) !== null) return
  const then = word === 'install' ? `, then "${exactCommand('install')}"` : ''
  throw new McpWatchError(
    'USAGE',
    `${CAPTURE_UNIT_PATH} was not written by this program, or was changed`,
    {
      hint: `it is left as it is; by hand: "sudo systemctl disable --now ${CAPTURE_UNIT}", then move the file away${then}`,
    },
  )
}
