/** One datagram to a Unix socket (unix(7)), which Node has no socket for; sd_notify(3) is spoken that way. */
import type { Libc } from './libc.ts'

const AF_UNIX = 1
const SOCK_DGRAM = 2
const SOCK_CLOEXEC = 0o2000000
const MSG_DONTWAIT = 0x40
const MSG_NOSIGNAL = 0x4000
const PATH_BYTES = 108

export function createSendUnixDatagram(
  libc: Libc,
): (address: string, message: Uint8Array) => boolean {
  return (address, message) => {
    const target = unixAddress(address)
    if (target === null) return false
    const fd = libc.socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0)
    if (fd < 0) return false
    const flags = MSG_DONTWAIT | MSG_NOSIGNAL
    const sent = libc.sendto(fd, message, message.length, flags, target, target.length)
    libc.close(fd)
    return sent === message.length
  }
}

/** struct sockaddr_un with the length that an abstract name needs: a zero byte in front, none behind. */
function unixAddress(address: string): Uint8Array | null {
  const abstract = address.startsWith('@')
  if ((!abstract && !address.startsWith('/')) || address.includes('\0')) return null
  const name = Buffer.from(abstract ? `\0${address.slice(1)}` : `${address}\0`, 'utf8')
  if (name.length > PATH_BYTES) return null
  return Buffer.concat([Buffer.from([AF_UNIX, 0]), name])
}
