import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readPeer } from '../../daemon/capture/sock-diag/unix-diag.ts'

const UNIX_DIAG_PEER = 2
const inode = fc.integer({ min: 1, max: 0xffff_ffff })

/** struct nlmsghdr, struct unix_diag_msg, and these attributes. */
function told(of: number, attributes: readonly (readonly [kind: number, value: Uint8Array])[]) {
  const padded = attributes.map(([kind, value]) => {
    const bytes = new Uint8Array((4 + value.length + 3) & ~3)
    const view = new DataView(bytes.buffer)
    view.setUint16(0, 4 + value.length, true)
    view.setUint16(2, kind, true)
    bytes.set(value, 4)
    return bytes
  })
  const head = new DataView(new ArrayBuffer(32))
  head.setUint8(16, 1)
  head.setUint32(20, of, true)
  return new DataView(
    Uint8Array.from(Buffer.concat([new Uint8Array(head.buffer), ...padded])).buffer,
  )
}

function word(value: number): Uint8Array {
  const view = new DataView(new ArrayBuffer(4))
  view.setUint32(0, value, true)
  return new Uint8Array(view.buffer)
}

describe('readPeer', () => {
  it('finds the peer behind whatever else is told', () => {
    const other = fc.tuple(fc.integer({ min: 3, max: 20 }), fc.uint8Array({ maxLength: 20 }))
    fc.assert(
      fc.property(inode, inode, fc.array(other, { maxLength: 5 }), (own, peer, others) => {
        const view = told(own, [...others, [UNIX_DIAG_PEER, word(peer)]])
        expect(readPeer(view, 0, view.byteLength, own)).toBe(peer)
        expect(readPeer(view, 0, view.byteLength, own === 1 ? 2 : 1)).toBeNull()
        expect(readPeer(view, 0, view.byteLength - 8, own)).toBeNull()
      }),
    )
  })

  it('makes of any bytes a peer or nothing', () => {
    fc.assert(
      fc.property(fc.uint8Array({ maxLength: 80 }), inode, (bytes, own) => {
        const view = new DataView(Uint8Array.from(bytes).buffer)
        const peer = readPeer(view, 0, view.byteLength, own)
        expect(peer === null || (Number.isInteger(peer) && peer > 0)).toBe(true)
      }),
    )
  })
})
