/** What commands that name a container talk to: all of it (`docker attach`), or one program in it (`docker exec`). Pure. */
import { type NamedContainer, namedContainerOf } from '../../shared/argv/named-container.ts'
import { CONTAINER_ENGINES, type Container } from '../../shared/model/container.ts'
import type { ServerId } from '../../shared/model/ids.ts'
import type { Process } from '../../shared/model/process.ts'
import { basename } from '../../shared/text/basename.ts'
import { processesAbove } from './above.ts'
import type { JoinClaim } from './claims.ts'
import { type Lives, repeatsParent, serversOf } from './container-callers.ts'
import type { Inhabited } from './container-processes.ts'
import { lifeOf } from './drafts.ts'
import type { Scene } from './scene.ts'

export interface NamedCaller {
  readonly process: Process
  readonly call: NamedContainer
  /** Empty where it is nobody's. */
  readonly serverIds: readonly ServerId[]
  readonly container: Container
}

/** Those of servers, and whatever puts a program into a container: what nobody's command put there is no server's. */
export function findNamedCallers(
  scene: Scene,
  lives: Lives,
  inhabited: readonly Inhabited[],
): readonly NamedCaller[] {
  const callers: NamedCaller[] = []
  for (const process of scene.table.processes.values()) {
    const call = namedContainerOf(scene.facet(process).invocation)
    if (call === null || repeatsParent(scene, process)) continue
    const container = containerMeant(call, inhabited)
    if (container === null) continue
    const serverIds = serversOf(scene, lives, process)
    if (call.run !== null || isClientsEnd(scene, process, serverIds))
      callers.push({ process, call, serverIds, container })
  }
  return callers
}

/**
 * Whether it is what the entry runs, or has the standard input of that: a server may look into any container with such a
 * command, and what runs there is not the server's for it.
 */
export function isClientsEnd(
  scene: Scene,
  process: Process,
  serverIds: readonly ServerId[],
): boolean {
  for (const one of [process, ...processesAbove(scene, process)]) {
    const isSameEnd = process.stdinInode != null && one.stdinInode === process.stdinInode
    if (one !== process && !isSameEnd) return false
    if (scene.matches(one).some(({ signature }) => serverIds.includes(signature.server.id)))
      return true
  }
  return false
}

/** The command that talks to what the container runs; null also where those of several servers do. */
export function attachedTo(
  callers: readonly NamedCaller[],
  { container }: Inhabited,
): NamedCaller | null {
  const able = callers.filter((one) => one.call.run === null && one.container === container)
  return onlyOwners(able)
}

/**
 * A program that was put into a container is the engine's child and not of what runs there. Its command is the one that
 * was told to run just that, and has no other. Where it may not be looked into, nor can be told which of the
 * container's sockets it has.
 */
export function enteredBy(
  scene: Scene,
  lives: Lives,
  callers: readonly NamedCaller[],
  inhabited: readonly Inhabited[],
): readonly JoinClaim[] {
  const free = new Set(callers.filter(({ call }) => call.run !== null))
  const joins: JoinClaim[] = []
  const settled = new Set<Process>()
  const give = (process: Process, by: NamedCaller): void => {
    free.delete(by)
    settled.add(process)
    if (by.serverIds.length === 0) return
    const owner = lives.get(lifeOf(process))
    const isMoved = owner !== undefined && !isOf(lives, by, owner)
    const reasons: JoinClaim['reasons'] = ['container-name']
    joins.push({ process, launcher: by.process, reasons, role: 'server', isMoved })
  }
  const fresh: { readonly process: Process; readonly container: Container }[] = []
  for (const here of free.size === 0 ? [] : inhabited) {
    for (const process of here.others.filter((one) => isPutInto(scene, here, one))) {
      const owner = lives.get(lifeOf(process))
      const by = [...free].find((one) => owner !== undefined && isOf(lives, one, owner))
      if (by !== undefined && by.container === here.container) give(process, by)
      // before it executes it is taken for what the container has besides
      else if (owner === undefined || owner === lives.get(lifeOf(here.init)))
        fresh.push({ process, container: here.container })
    }
  }
  // A number that is given anew can be lower: who was put in first is told by time alone.
  fresh.sort((a, b) => a.process.startTicks - b.process.startTicks)
  for (let isMoving = true; isMoving && free.size > 0; ) {
    isMoving = false
    for (const { process, container } of fresh) {
      if (settled.has(process)) continue
      const able = [...free].filter(
        (one) => one.container === container && hasRun(one, process) && process.readable,
      )
      const by = onlyOwners(able)
      if (by === null) continue
      give(process, by)
      isMoving = true
    }
  }
  return joins
}

function isOf(lives: Lives, { process }: NamedCaller, owner: unknown): boolean {
  return lives.get(lifeOf(process)) === owner
}

function isPutInto(scene: Scene, { init, others }: Inhabited, process: Process): boolean {
  const parent = scene.parentOf(process)
  return parent !== null && parent !== init && !others.includes(parent)
}

/** What begins later only looks like it. */
const SOON_MS = 10_000

/** Words in front are those of an interpreter: a script is shown with it (execve(2), Interpreter scripts). */
function hasRun({ process: caller, call }: NamedCaller, process: Process): boolean {
  const [program = '', ...args] = call.run ?? []
  const first = process.argv.length - args.length - 1
  if (process.startTicks < caller.startTicks || first < 0 || first > MOST_IN_FRONT) return false
  if (process.startedAt - caller.startedAt > SOON_MS) return false
  return (
    basename(process.argv[first] ?? '') === basename(program) &&
    args.every((word, index) => process.argv[first + 1 + index] === word)
  )
}

const MOST_IN_FRONT = 2

/**
 * As engines read it: a name, else the beginning of a number. Only `docker` talks to both of them, to Podman by its
 * likeness of Docker's socket. Null also where several engines have such a one.
 */
function containerMeant(
  { engine, container: wanted }: NamedContainer,
  inhabited: readonly Inhabited[],
): Container | null {
  const name = wanted.replace(/^\//, '')
  const isNumber = /^[0-9a-f]{4,64}$/.test(wanted)
  for (const asked of engine === 'docker' ? CONTAINER_ENGINES : [engine]) {
    const all = inhabited.map(({ container }) => container).filter((one) => one.engine === asked)
    const named = all.filter((one) => one.name === name)
    const able =
      named.length > 0 || !isNumber ? named : all.filter(({ id }) => id.startsWith(wanted))
    if (able.length > 0) return able.length === 1 ? (able[0] ?? null) : null
  }
  return null
}

/** The one started last, where all are of the same servers. */
function onlyOwners(able: readonly NamedCaller[]): NamedCaller | null {
  const [last, ...others] = [...able].sort((a, b) => b.process.startTicks - a.process.startTicks)
  const owner = last?.serverIds.join()
  return last !== undefined && others.every((one) => one.serverIds.join() === owner) ? last : null
}
