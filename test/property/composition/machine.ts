/** A made-up machine: what is on its disk, and processes that know their parents, scripts and the size of their arguments. */
import { interpreterOf, readInterpreterCall } from '../../../shared/argv/interpreter.ts'
import type { ProcessKey } from '../../../shared/model/ids.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { PackageRef, ScriptRef } from '../../../shared/model/server.ts'
import { basename } from '../../../shared/text/basename.ts'

export const HOME = '/home/ada'
export const OWN_UID = 1000
export const NODE = '/usr/bin/node'
export const PYTHON = '/usr/bin/python3.12'

export type Disk = Map<string, Omit<ScriptRef, 'path'>>

export interface Spawning {
  readonly executable?: string
  readonly cwd?: string
  /** What it wrote over its arguments. */
  readonly title?: string | null
  /** Its parent's by default. */
  readonly stdio?: 'pipe' | 'socket' | 'terminal' | 'null' | 'file'
  /** It begins a session of its own. */
  readonly session?: boolean
  /** Its parent's by default. */
  readonly uid?: number
}

export interface Machine {
  readonly disk: Disk
  readonly processes: Map<number, Process>
  install(path: string, realPath: string, found: PackageRef | null): void
  /** `argv` as given to execve(2). Without parent it is the first. */
  spawn(parent: Process | null, argv: readonly string[], how?: Spawning): Process
}

export function createMachine(): Machine {
  const disk: Disk = new Map()
  const processes = new Map<number, Process>()
  let last = 0
  return {
    disk,
    processes,
    install: (path, realPath, found) => disk.set(path, { realPath, package: found }),
    spawn(parent, argv, how = {}) {
      last += 1
      const pid = last
      const executable = how.executable ?? imageFor(argv[0] ?? '')
      const cwd = how.cwd ?? parent?.cwd ?? HOME
      const title = how.title ?? null
      const leads = how.session === true || parent === null
      const process: Process = {
        key: `b:${pid}:${pid * 10}:0` as ProcessKey,
        bootId: 'b',
        pid,
        ppid: parent?.pid ?? 0,
        pgid: leads ? pid : parent.pgid,
        sid: leads ? pid : parent.sid,
        uid: how.uid ?? parent?.uid ?? OWN_UID,
        startTicks: pid * 10,
        epoch: 0,
        startedAt: pid * 100,
        executable,
        comm: basename(executable).slice(0, 15),
        argv: title === null ? argv : [title.slice(0, areaOf(argv) - 1)],
        argvForm: title === null ? 'given' : 'rewritten',
        argvBytes: areaOf(argv),
        cwd,
        script: title === null ? scriptOf(disk, executable, argv, cwd) : null,
        stdin: how.stdio ?? parent?.stdin ?? 'null',
        stdout: how.stdio ?? parent?.stdout ?? 'null',
        netns: 'net:[1]',
        readable: true,
        cgroup: '/',
      }
      processes.set(pid, process)
      return process
    },
  }
}

export function areaOf(argv: readonly string[]): number {
  return argv.reduce((size, word) => size + Buffer.byteLength(word) + 1, 0)
}

const IMAGES: Readonly<Record<string, string>> = {
  sh: '/usr/bin/dash',
  node: NODE,
  python: PYTHON,
  python3: PYTHON,
}

function imageFor(command: string): string {
  const name = basename(command)
  return IMAGES[name] ?? (command.startsWith('/') ? command : `/usr/bin/${name}`)
}

function scriptOf(
  disk: Disk,
  executable: string,
  argv: readonly string[],
  cwd: string,
): ScriptRef | null {
  const interpreter = interpreterOf(executable)
  if (interpreter === null) return null
  const { script } = readInterpreterCall(interpreter, argv)
  if (script === null) return null
  const path = script.startsWith('/') ? script : `${cwd}/${script}`
  const found = disk.get(path)
  return found === undefined ? null : { path, ...found }
}
