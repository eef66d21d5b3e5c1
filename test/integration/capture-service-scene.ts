/** A capture service over a source that the test feeds, at a real socket, and those who connect to it. */
import { chmodSync, mkdtempSync, rmSync } from 'node:fs'
import { connect, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { ExactSource } from '../../daemon/capture/exact/parts.ts'
import { WORD } from '../../daemon/capture/exact/record-layout.ts'
import { ownHello } from '../../daemon/capture/exact/service-protocol.ts'
import {
  openServiceSource,
  type ServiceSourceDeps,
} from '../../daemon/capture/exact/service-source.ts'
import { descriptorOf } from '../../daemon/capture/exact/socket-descriptor.ts'
import { listenForUsers } from '../../daemon/capture-service/listen.ts'
import { createCaptureService, type ServiceDeps } from '../../daemon/capture-service/service.ts'
import { loadNative } from '../../daemon/native/load.ts'
import type { Native } from '../../daemon/native/native.ts'
import { McpWatchError } from '../../shared/errors.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { type FakeSource, fakeSource, record } from '../unit/capture-service/fakes.ts'

export const OWN_UID = process.getuid?.() ?? 0

export interface ServiceScene {
  readonly path: string
  readonly source: FakeSource
  /** What the service said when it failed. */
  readonly failures: unknown[]
  readonly beats: () => number
  become(uid: number): void
  stop(): Promise<void>
}

export async function nativeHere(): Promise<Native> {
  const loaded = await loadNative()
  if (!loaded.ok) throw new Error(`no native calls: ${loaded.reason}`)
  return loaded.native
}

/** A folder as the unit's RuntimeDirectory= makes it; `remove` takes it away. */
export function socketFolder(): { readonly folder: string; readonly remove: () => void } {
  const folder = mkdtempSync(join(tmpdir(), 'mcpw-'))
  chmodSync(folder, 0o755)
  return { folder, remove: () => rmSync(folder, { recursive: true, force: true }) }
}

/** `uid`: who those that connect are taken for until `become`; without it, who they are. */
export async function serve({
  uid,
  ...changes
}: Partial<Pick<ServiceDeps, 'limits'>> & { uid?: number } = {}): Promise<ServiceScene> {
  let taken = uid
  const native = await nativeHere()
  const { folder, remove } = socketFolder()
  const path = join(folder, 'socket')
  const source = fakeSource()
  const failures: unknown[] = []
  let beats = 0
  const service = createCaptureService({
    source,
    uidOf: (socket) => taken ?? native.peerCredentials(descriptorOf(socket) ?? -1).uid,
    hello: ownHello('1.2.3'),
    beat: () => {
      beats += 1
    },
    fail: (error) => failures.push(error),
    ...changes,
  })
  const listener = await listenForUsers(path, (socket) => service.accept(socket))
  service.start()
  return {
    path,
    source,
    failures,
    beats: () => beats,
    become(now) {
      taken = now
    },
    async stop() {
      listener.close()
      await service.stop()
      remove()
    },
  }
}

/** Process number of records that only show that a client is connected. */
export const GREETING = 1

export interface Heard {
  readonly source: ExactSource
  /** Of the records but for those of `GREETING`. */
  readonly pids: number[]
  readonly isGreeted: () => boolean
  readonly failures: unknown[]
  readonly lost: () => number
  /** While held, nothing is drained. */
  hold(isHeld: boolean): void
}

/** As the daemon hears it. */
export async function hear(path: string, changes: Partial<ServiceSourceDeps> = {}): Promise<Heard> {
  const native = await nativeHere()
  const source = openServiceSource({ path, uid: OWN_UID, version: '1.2.3', native, ...changes })
  const pids: number[] = []
  const failures: unknown[] = []
  let lost = 0
  let isHeld = false
  let isGreeted = false
  const drain = (): void => {
    if (isHeld) return
    lost += source.drain((words, first) => {
      const pid = words[first + WORD.pid] ?? -1
      if (pid === GREETING) isGreeted = true
      else pids.push(pid)
    })
  }
  source.start({ wake: drain, fail: (error) => failures.push(error) })
  return {
    source,
    pids,
    isGreeted: () => isGreeted,
    failures,
    lost: () => lost,
    hold(held) {
      isHeld = held
      drain()
    },
  }
}

/** A bare connection; `ended` when the other end has closed it, whatever way. */
export function rawClient(path: string): {
  socket: Socket
  ended: () => boolean
  bytes: () => Buffer
} {
  const socket = connect({ path, allowHalfOpen: true })
  const chunks: Buffer[] = []
  let isEnded = false
  socket.on('data', (chunk) => chunks.push(chunk))
  socket.on('error', () => undefined)
  for (const event of ['end', 'close']) {
    socket.on(event, () => {
      isEnded = true
    })
  }
  return { socket, ended: () => isEnded, bytes: () => Buffer.concat(chunks) }
}

/** What a test began, to be ended with it. */
export interface Desk {
  readonly begun: (...options: Parameters<typeof serve>) => Promise<ServiceScene>
  readonly hearing: (...options: Parameters<typeof hear>) => Promise<Heard>
  readonly client: (path: string) => ReturnType<typeof rawClient>
  /** Run when the test is over, the last first. */
  readonly later: (end: () => unknown) => void
  readonly endAll: () => Promise<void>
}

export function createDesk(): Desk {
  const ends: (() => unknown)[] = []
  return {
    async begun(...options) {
      const scene = await serve(...options)
      ends.push(() => scene.stop())
      return scene
    },
    async hearing(...options) {
      const heard = await hear(...options)
      ends.push(() => heard.source.stop())
      return heard
    },
    client(path) {
      const raw = rawClient(path)
      ends.push(() => raw.socket.destroy())
      return raw
    },
    later: (end) => void ends.push(end),
    async endAll() {
      for (const end of ends.splice(0).toReversed()) await end()
    },
  }
}

export const until = (condition: () => unknown, what: string): Promise<unknown> =>
  waitFor(() => Boolean(condition()), { what, deadlineMs: 15_000 })

/** Records of processes of this user, each with a socket of its own. */
export const connects = (uid: number, ...pids: number[]): Uint32Array[] =>
  // Fewer sockets than a user may have: they are never released here.
  pids.map((pid) => record('connect', { uid, pid, cookie: uid * 1_000_000 + (pid % 10_000) }))

/** Has a client count as connected: what it hears comes after. */
export async function greeted(scene: ServiceScene, heard: Heard, uid: number): Promise<void> {
  await until(() => {
    scene.source.tell(...connects(uid, GREETING))
    return heard.isGreeted()
  }, 'the first event')
}

/** What an McpWatchError NO_ENGINE says, with its hint. */
export function messageOf(error: unknown): string {
  const isRight = error instanceof McpWatchError && error.code === 'NO_ENGINE'
  return isRight ? `${error.message} | ${error.hint}` : `not as expected: ${String(error)}`
}
