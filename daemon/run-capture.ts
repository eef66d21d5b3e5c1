/**
 * The life of the capture service (docs/service.md): its own process, with three capabilities, that loads the kernel's
 * programs and does nothing else. What is imported here runs with them: no database, no HTTP, no schemas.
 */
import type { Socket } from 'node:net'
import { McpWatchError } from '../shared/errors.ts'
import { captureSocket } from '../shared/service/places.ts'
import { VERSION } from '../shared/version.ts'
import { openOwnSource } from './capture/bpf/own-source.ts'
import type { ExactSource } from './capture/exact/parts.ts'
import { ownHello } from './capture/exact/service-protocol.ts'
import { descriptorOf } from './capture/exact/socket-descriptor.ts'
import { listenForUsers } from './capture-service/listen.ts'
import { createCaptureService } from './capture-service/service.ts'
import { createSupervisor } from './host/sd-notify.ts'
import { loadNative } from './native/load.ts'
import type { Native } from './native/native.ts'

export interface CaptureOptions {
  /** Absolute path of the socket that users connect to; null is the usual one. */
  readonly socket: string | null
  readonly env?: Readonly<Record<string, string | undefined>>
  /** Default are the kernel's programs. */
  readonly open?: (native: Native) => ExactSource
}

export interface RunningCapture {
  /** Rejects when nothing can be captured any more; never resolves. */
  readonly failed: Promise<never>
  /** Within 100 ms. Can be repeated. */
  stop(): Promise<void>
}

/** Resolves when users can connect. Throws NO_ENGINE where capture or the socket is refused, and DAEMON_RUNNING. */
export async function runCapture(options: CaptureOptions): Promise<RunningCapture> {
  const { env = process.env, open = openOwnSource } = options
  const path = options.socket ?? captureSocket(env['MCPWATCH_CAPTURE_SOCKET'])
  const native = await nativeHere()
  const source = open(native)
  const supervisor = createSupervisor({
    env,
    pid: process.pid,
    clock: { wallMs: Date.now, monotonicMs: () => performance.now() },
    send: (address, message) => native.sendUnixDatagram(address, message),
  })
  const { promise: failed, reject } = withReject()
  const service = createCaptureService({
    source,
    uidOf: (socket) => uidOf(native, socket),
    hello: ownHello(VERSION),
    beat: () => supervisor.beat(),
    fail: reject,
  })
  try {
    const listener = await listenForUsers(path, (socket) => service.accept(socket))
    service.start()
    supervisor.status('capturing')
    supervisor.ready()
    return {
      failed,
      async stop() {
        supervisor.stopping()
        listener.close()
        await service.stop()
      },
    }
  } catch (error) {
    await service.stop()
    throw error
  }
}

async function nativeHere(): Promise<Native> {
  const loaded = await loadNative()
  if (loaded.ok) return loaded.native
  throw new McpWatchError('NO_ENGINE', `system calls cannot be made here (${loaded.reason})`, {
    hint: 'exact capture needs Linux, and the module koffi for this Node',
    cause: loaded.cause,
  })
}

function uidOf(native: Pick<Native, 'peerCredentials'>, socket: Socket): number | null {
  const fd = descriptorOf(socket)
  try {
    return fd === null ? null : native.peerCredentials(fd).uid
  } catch {
    // Gone again already.
    return null
  }
}

function withReject(): { promise: Promise<never>; reject: (error: unknown) => void } {
  let reject: (error: unknown) => void = () => undefined
  const promise = new Promise<never>((_resolve, no) => {
    reject = no
  })
  // Whoever runs this looks at it when it wants to.
  promise.catch(() => undefined)
  return { promise, reject }
}
