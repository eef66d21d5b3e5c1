/** Addresses between the bytes that the kernel has and canonical text. Pure. */
import ipaddr from 'ipaddr.js'

export function ipv4Text(view: DataView, at: number): string {
  const [a, b] = [view.getUint8(at), view.getUint8(at + 1)]
  return `${a}.${b}.${view.getUint8(at + 2)}.${view.getUint8(at + 3)}`
}

/** RFC 5952: lower case, the longest run of two or more zero groups left out; an IPv4-mapped address as plain IPv4. */
export function ipv6Text(view: DataView, at: number): string {
  if (isMapped(view, at)) return ipv4Text(view, at + 12)
  const zeros = longestZeros(view, at)
  let text = ''
  for (let i = 0; i < 8; i += 1) {
    if (i === zeros.from) {
      text += '::'
      i += zeros.count - 1
    } else {
      const group = view.getUint16(at + i * 2, false).toString(16)
      text += text === '' || text.endsWith(':') ? group : `:${group}`
    }
  }
  return text
}

function isMapped(view: DataView, at: number): boolean {
  return (
    view.getUint32(at) === 0 && view.getUint32(at + 4) === 0 && view.getUint32(at + 8) === 0xffff
  )
}

/** Of equal runs the first counts; `from` is -1 where there is none. */
function longestZeros(view: DataView, at: number): { from: number; count: number } {
  const best = { from: -1, count: 1 }
  let count = 0
  for (let i = 0; i < 8; i += 1) {
    count = view.getUint16(at + i * 2, false) === 0 ? count + 1 : 0
    if (count > best.count) {
      best.from = i - count + 1
      best.count = count
    }
  }
  return best
}

/** 4 or 16 bytes in network order; null for what is no address. */
export function addressBytes(address: string): Uint8Array | null {
  const quad = /^(\d{1,3})\.(\d{1,3})\.(\d{1,3})\.(\d{1,3})$/.exec(address)
  if (quad !== null) {
    const bytes = [Number(quad[1]), Number(quad[2]), Number(quad[3]), Number(quad[4])]
    return bytes.every((byte) => byte <= 255) ? Uint8Array.from(bytes) : null
  }
  return ipaddr.IPv6.isValid(address)
    ? Uint8Array.from(ipaddr.IPv6.parse(address).toByteArray())
    : null
}
