/** Events of this user's processes, as the capture service hands them over (docs/service.md). */
import { connect, type Socket } from 'node:net'
import type { McpWatchError } from '../../../shared/errors.ts'
import type { Native } from '../../native/native.ts'
import type { ExactSource, SourceHearer } from './parts.ts'
import { createRecordQueue } from './record-queue.ts'
import { createFrameReader } from './service-frames.ts'
import { ownerOfService } from './service-place.ts'
import { HEARTBEAT_MS, ownHello } from './service-protocol.ts'
import { notAnswering, otherAccount, silent, whyItEnded } from './service-words.ts'
import { descriptorOf } from './socket-descriptor.ts'

export interface ServiceSourceDeps {
  /** Absolute; `CAPTURE_SOCKET` of shared/service/places.ts where nothing else was wished. */
  readonly path: string
  /** Of the user whose daemon this is. */
  readonly uid: number
  /** Of this program. */
  readonly version: string
  readonly native: Pick<Native, 'peerCredentials'>
  /** Without a word for so long the service is taken for dead. */
  readonly patienceMs?: number
  /** How many records may wait here to be drained; more wait with the service. */
  readonly queued?: number
}

const PATIENCE_MS = 4 * HEARTBEAT_MS
const QUEUED = 4_096
/** As much as Node reads at once. */
const CHUNK_BYTES = 65_536

/**
 * Throws NO_ENGINE where no service is to be found or it cannot be believed. What shows only when it answers (another
 * version, no more room for this user) fails the source once it was started, as its end does: `fail` is handed an
 * McpWatchError NO_ENGINE.
 */
export function openServiceSource(deps: ServiceSourceDeps): ExactSource {
  const { path, uid, version, native, patienceMs = PATIENCE_MS } = deps
  const owner = ownerOfService(path, uid)
  const own = ownHello(version)
  const queue = createRecordQueue(Math.max(deps.queued ?? QUEUED, (2 * CHUNK_BYTES) / 128))
  const reader = createFrameReader(
    queue,
    (hello) => hello.protocol === own.protocol && hello.recordBytes === own.recordBytes,
  )
  let socket: Socket | null = null
  let closed: Promise<void> = Promise.resolve()
  let patience: NodeJS.Timeout | undefined
  let isPaused = false
  let isOver = false
  let chunks = 0

  const end = (): void => {
    isOver = true
    clearTimeout(patience)
    socket?.destroy()
  }
  const listen = (hearer: SourceHearer, to: Socket): void => {
    const fail = (error: McpWatchError, silentMs = 0): void => {
      if (isOver) return
      end()
      hearer.fail(error, silentMs)
    }
    /** What came while this process was busy is read before it counts as silence. */
    const waited = (): void => {
      const before = chunks
      setImmediate(() => {
        if (chunks === before && !isPaused) fail(silent(), patienceMs)
        else patience?.refresh()
      })
    }
    patience = setTimeout(waited, patienceMs)
    to.on('connect', () => {
      if (!isFrom(to, owner, native)) fail(otherAccount(path))
    })
    to.on('data', (chunk) => {
      if (isOver) return
      chunks += 1
      patience?.refresh()
      const ended = reader.read(chunk)
      if (queue.room() < CHUNK_BYTES) {
        isPaused = true
        to.pause()
      }
      hearer.wake()
      if (ended !== null) fail(whyItEnded(ended, own))
    })
    to.on('error', (error) => fail(notAnswering(error)))
    to.on('close', () => fail(whyItEnded({ kind: 'ended', reason: null }, own)))
  }
  return {
    kind: 'service',
    start(hearer) {
      if (isOver || socket !== null) return
      const to = connect(path)
      socket = to
      closed = new Promise((resolve) => {
        to.once('close', () => resolve())
      })
      listen(hearer, to)
    },
    drain(take) {
      const lost = queue.drain(take) + reader.takeLost()
      if (isPaused) {
        isPaused = false
        patience?.refresh()
        socket?.resume()
      }
      return lost
    },
    // That processes of others are not told of is so for all that a plain user looks at, and said there.
    degraded: () => [],
    async stop() {
      end()
      await closed
    },
  }
}

/** Whoever listens there has to be who the folder belongs to, or root: the kernel noted it when it began to listen. */
function isFrom(socket: Socket, owner: number, native: ServiceSourceDeps['native']): boolean {
  const fd = descriptorOf(socket)
  if (fd === null) return false
  try {
    const { uid } = native.peerCredentials(fd)
    return uid === owner || uid === 0
  } catch {
    return false
  }
}
