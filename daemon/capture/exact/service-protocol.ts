/**
 * What goes over the socket of the capture service, docs/service.md. One way: hello, then frames; numbers are 32 bits,
 * low byte first. Pure.
 */
import { RECORD_BYTES } from './record-layout.ts'

/** Raised with every change that an older client would misread, of a record's layout too. */
export const PROTOCOL_VERSION = 1

export const HEARTBEAT_MS = 5_000

/** Of the same size and begin in every version: two that do not go together can say so. */
export const HELLO_BYTES = 64
/** Kind and count. */
export const HEADER_BYTES = 8

/** `count` is that of the records that follow, of the events lost, or the reason of the end; 0 of a heartbeat. */
export const FRAME_KIND = { records: 1, lost: 2, heartbeat: 3, end: 4 } as const

/** Why the service ends a connection; in the order of their numbers, from 1 on. */
export const END_REASONS = ['user-full', 'service-full', 'capture-failed', 'stopping'] as const
export type EndReason = (typeof END_REASONS)[number]

export interface Hello {
  readonly protocol: number
  readonly recordBytes: number
  /** Of the program at the other end. */
  readonly version: string
}

const MAGIC = 'mcpwatch'
const AT = { protocol: 8, recordBytes: 12, version: 16 } as const

export function helloBytes(hello: Hello): Uint8Array {
  const bytes = Buffer.alloc(HELLO_BYTES)
  bytes.write(MAGIC, 'latin1')
  bytes.writeUInt32LE(hello.protocol, AT.protocol)
  bytes.writeUInt32LE(hello.recordBytes, AT.recordBytes)
  // A zero byte always ends it.
  bytes.write(hello.version, AT.version, HELLO_BYTES - AT.version - 1, 'latin1')
  return bytes
}

/** Null where it is none. Total. */
export function parseHello(bytes: Uint8Array): Hello | null {
  const view = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  if (view.length < HELLO_BYTES || view.toString('latin1', 0, MAGIC.length) !== MAGIC) return null
  const [version = ''] = view.toString('latin1', AT.version, HELLO_BYTES).split('\0')
  return {
    protocol: view.readUInt32LE(AT.protocol),
    recordBytes: view.readUInt32LE(AT.recordBytes),
    // Shown to people, and whoever is there wrote it.
    version: /^[\w.+-]+$/.test(version) ? version : 'unknown',
  }
}

export function frameHeader(kind: keyof typeof FRAME_KIND, count: number): Uint8Array {
  const bytes = Buffer.alloc(HEADER_BYTES)
  bytes.writeUInt32LE(FRAME_KIND[kind], 0)
  bytes.writeUInt32LE(count, 4)
  return bytes
}

export function endFrame(reason: EndReason): Uint8Array {
  return frameHeader('end', END_REASONS.indexOf(reason) + 1)
}

/** As it says hello itself, and wants to be greeted. */
export function ownHello(version: string): Hello {
  return { protocol: PROTOCOL_VERSION, recordBytes: RECORD_BYTES, version }
}
