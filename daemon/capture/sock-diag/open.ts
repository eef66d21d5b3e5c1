/** Puts the engine `sock-diag` together from the kernel's interfaces. */
import { McpWatchError } from '../../../shared/errors.ts'
import { isNativeFault, type Native } from '../../native/native.ts'
import type { CaptureEngine, Clock, ProcessSource } from '../../ports.ts'
import { createChildren } from '../../processes/children.ts'
import { createFamily } from '../../processes/family.ts'
import { createProcessEvents } from '../../processes/proc-connector.ts'
import { spawnProbe, surroundings } from '../../processes/proc-connector-probe.ts'
import { createBystanders } from '../bystanders.ts'
import { createBreathe } from '../descriptors.ts'
import { createHeldReader } from '../held.ts'
import { createOtherNamespaces, ownNetns } from '../other-namespaces.ts'
import { createBirths } from './births.ts'
import { createDestroyEvents, type DestroyEvents } from './destroy-events.ts'
import { createSockDiag, NETLINK_SOCK_DIAG } from './dump.ts'
import { createSockDiagEngine } from './engine.ts'
import { createGate } from './gate.ts'
import { createNetnsDumps } from './netns-dump.ts'
import { createSpace, type Space } from './space.ts'
import { createSpaces } from './spaces.ts'
import { createWatcher } from './watcher.ts'

export interface SockDiagDeps {
  readonly native: Native
  readonly clock: Clock
  readonly uid: number
  readonly see: ProcessSource['see']
  readonly intervalMs?: number
  /** Default `/proc`. */
  readonly procRoot?: string
}

/** State TCP_LISTEN (net/tcp_states.h) as a mask: the shortest list there is. */
const LISTENING = 1 << 10

/** Throws McpWatchError NO_ENGINE where the kernel does not list sockets to us. */
export function openSockDiag(deps: SockDiagDeps): CaptureEngine {
  const { native, clock, uid, see, intervalMs, procRoot = '/proc' } = deps
  const monotonicMs = (): number => clock.monotonicMs()
  const breathe = createBreathe(monotonicMs)
  const family = createFamily()
  const spaces = createSpaces(openOwn(native, procRoot), createNetnsDumps(native, procRoot))
  const watcher = createWatcher({
    clock,
    uid,
    see,
    spaces,
    others: createOtherNamespaces(procRoot),
    gate: createGate({ native, clock }),
    births: createBirths({
      family,
      events: createProcessEvents({
        native,
        family,
        spawnProbe,
        clock,
        surroundings: surroundings(procRoot),
      }),
      children: createChildren({ procRoot, clock, family }),
    }),
    held: createHeldReader(procRoot, breathe),
    bystanders: createBystanders({ procRoot, breathe, monotonicMs }),
  })
  return createSockDiagEngine({
    clock,
    watcher,
    ...(intervalMs === undefined ? {} : { intervalMs }),
  })
}

function openOwn(native: Native, procRoot: string): Space {
  const netns = ownNetns(procRoot)
  if (netns === null) {
    throw new McpWatchError('NO_ENGINE', 'the own network namespace cannot be told')
  }
  try {
    const socket = native.netlink(NETLINK_SOCK_DIAG)
    const diag = createSockDiag({ socket, interfaceName: (index) => native.interfaceName(index) })
    const { failure } = diag.dump({ states: { tcp: LISTENING, udp: 0 } })
    if (failure?.reason === 'refused') {
      diag.close()
      throw refusal(failure.errno)
    }
    return createSpace(netns, diag, openCloses(native))
  } catch (error) {
    throw isNativeFault(error) ? refusal(error.errno) : error
  }
}

function refusal(errno: string | null): McpWatchError {
  return new McpWatchError('NO_ENGINE', `the kernel lists no sockets to us (${errno ?? 'refused'})`)
}

function openCloses(native: Native): DestroyEvents | null {
  try {
    return createDestroyEvents(native)
  } catch (error) {
    if (!isNativeFault(error)) throw error
    return null
  }
}
