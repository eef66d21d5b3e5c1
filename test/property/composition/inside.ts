/** What runs in a container, and around it, as engines lay it out. */
import type { Process } from '../../../shared/model/process.ts'
import type { Machine } from './machine.ts'

export interface Inside {
  readonly isRootless: boolean
  /** The first process is a shell, and the server below it. */
  readonly hasShell: boolean
  /** The engine was told to run something beside it. */
  readonly hasExec: boolean
}

export function idOf(number: number): string {
  return number.toString(16).padStart(4, '0').padEnd(64, 'd')
}

/** As root's Docker has it, or as Podman of the user's own. */
export function spawnInside(
  machine: Machine,
  init: Process,
  { isRootless, hasShell, hasExec }: Inside,
  number: number,
): Process[] {
  const id = idOf(number)
  const above = isRootless
    ? machine.spawn(init, ['/usr/bin/conmon', '-c', id, '-n', 'x'], { session: true })
    : machine.spawn(init, ['/usr/bin/containerd-shim-runc-v2', '-id', id], { uid: 0 })
  const group = isRootless
    ? `/user.slice/user@1000.service/user.slice/libpod-${id}.scope/container`
    : `/system.slice/docker-${id}.scope`
  const enter = (parent: Process, line: readonly string[]): Process => {
    const process = machine.spawn(parent, line, { stdio: 'pipe', session: true })
    const uid = isRootless ? 100_000 : 0
    const inside = { ...process, uid, cgroup: group, readable: false, netns: null }
    machine.processes.set(process.pid, inside)
    return inside
  }
  const first = enter(
    above,
    hasShell ? ['sh', '-c', 'python3 /app/s.py'] : ['python3', '/app/s.py'],
  )
  const found = [first]
  if (hasShell) found.push(enter(first, ['python3', '/app/s.py']))
  if (hasExec) found.push(enter(above, ['sh', '-c', 'true']))
  return found
}
