/** Composition of exact capture: our own programs in the kernel, else what the capture service hands over. */
import { statSync } from 'node:fs'
import { captureSocket } from '../shared/service/places.ts'
import { VERSION } from '../shared/version.ts'
import { openOwnSource } from './capture/bpf/own-source.ts'
import { type RefusalReason, refusalOf } from './capture/bpf/refusal.ts'
import type { ExactSource } from './capture/exact/parts.ts'
import { openServiceSource } from './capture/exact/service-source.ts'
import type { Machine } from './machine.ts'
import type { Native } from './native/native.ts'

/** Where exact events come from on this machine. */
export interface ExactSources {
  /** Throws McpWatchError NO_ENGINE where there are none. */
  open(native: Native): ExactSource
  /** Changes when there may be some after all. */
  signature(): string
}

export function exactSources({ env, uid }: Machine): ExactSources {
  const path = captureSocket(env['MCPWATCH_CAPTURE_SOCKET'])
  return {
    open(native) {
      try {
        return openOwnSource(native)
      } catch (own) {
        return openServed({ path, uid, version: VERSION, native }, own)
      }
    },
    signature() {
      const stat = statSync(path, { throwIfNoEntry: false, bigint: true })
      return stat === undefined ? '' : `${stat.ino} ${stat.mtimeNs}`
    },
  }
}

/** What a service of this machine makes up for. Where process numbers mean others it would tell of others. */
const MADE_UP_FOR: ReadonlySet<RefusalReason> = new Set([
  'capabilities-missing',
  'no-cgroup2',
  'kernel-refused',
])

/** `own`: why our own programs are refused; that is said where there is no service. */
function openServed(deps: Parameters<typeof openServiceSource>[0], own: unknown): ExactSource {
  const refusal = refusalOf(own)
  if (refusal === null || !MADE_UP_FOR.has(refusal.reason)) throw own
  const isThere = statSync(deps.path, { throwIfNoEntry: false }) !== undefined
  if (!isThere) throw own
  return openServiceSource(deps)
}
