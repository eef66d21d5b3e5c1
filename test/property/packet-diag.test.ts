import fc from 'fast-check'
import { expect, it } from 'vitest'
import { createExchange } from '../../daemon/capture/sock-diag/dump-exchange.ts'
import { createPacketList, readPacketInode } from '../../daemon/capture/sock-diag/packet-diag.ts'
import {
  attribute,
  DONE,
  fakeSocket,
  MULTI,
  message,
  numberBody,
  packetBody,
  ROW,
} from '../unit/capture/inet-diag-bytes.ts'

const socketModel = fc.record({
  inode: fc.integer({ min: 0, max: 0xffff_ffff }),
  cookie: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  noise: fc.array(
    fc
      .tuple(fc.integer({ min: 0, max: 0x3fff }), fc.uint8Array({ maxLength: 40 }))
      .map(([kind, value]) => attribute(kind, value)),
    { maxLength: 3 },
  ),
})

it('gives back the inode of every packet socket that the kernel could write', () => {
  fc.assert(
    fc.property(fc.array(socketModel, { maxLength: 20 }), fc.nat(20), (models, split) => {
      const socket = fakeSocket((sequence) => {
        const rows = models.map(({ inode, cookie, noise }) =>
          message(ROW, MULTI, sequence, Buffer.concat([packetBody({ inode, cookie }), ...noise])),
        )
        const done = message(DONE, MULTI, sequence, numberBody(0))
        const parts = [rows.slice(0, split), [...rows.slice(split), done]]
        return parts.map((part) => Buffer.concat(part)).filter(({ length }) => length > 0)
      })
      const inodes = models.map(({ inode }) => inode).filter((inode) => inode !== 0)
      expect(createPacketList(createExchange(socket))()).toEqual(new Set(inodes))
    }),
  )
})

it('reads no message beyond its end, and an inode or nothing from any bytes', () => {
  const bytes = fc.oneof(
    fc.uint8Array({ maxLength: 64 }),
    // Nearly a packet socket: of its family, and of any length.
    fc.uint8Array({ minLength: 17, maxLength: 48 }).map((raw) => raw.with(16, 17)),
  )
  fc.assert(
    fc.property(bytes, fc.nat(16), (raw, before) => {
      const all = new Uint8Array(before + raw.length)
      all.set(raw, before)
      const inode = readPacketInode(new DataView(all.buffer), before, all.length)
      const isWhole = raw.length >= 32 && raw[16] === 17
      const there = isWhole ? new DataView(raw.buffer, raw.byteOffset).getUint32(20, true) : 0
      expect(inode).toBe(there === 0 ? null : there)
    }),
  )
})

it('ends with a list or with none, whatever comes as an answer', () => {
  const answer = fc.record({
    type: fc.constantFrom(1, 2, 3, 4, ROW, 77),
    flags: fc.constantFrom(0, MULTI, 0x10),
    isOurs: fc.boolean(),
    body: fc.uint8Array({ maxLength: 60 }),
    cut: fc.nat(80),
  })
  fc.assert(
    fc.property(fc.array(answer, { maxLength: 6 }), (answers) => {
      const socket = fakeSocket((sequence) =>
        answers.map(({ type, flags, isOurs, body, cut }) => {
          const whole = message(type, flags, isOurs ? sequence : sequence + 1, body)
          return whole.subarray(0, Math.max(1, whole.length - (cut < 20 ? cut : 0)))
        }),
      )
      const inodes = createPacketList(createExchange(socket))()
      const rows = answers.filter(({ type }) => type === ROW)
      expect(inodes?.size ?? 0).toBeLessThanOrEqual(rows.length)
    }),
  )
})
