/** Reads /proc/PID/net/{tcp,tcp6,udp,udp6} (proc(5)): the sockets of another network namespace. Total. */
import { canonicalAddress } from '../../shared/address/canonical.ts'
import type {
  Protocol,
  SocketAddress,
  SocketRow,
  SocketState,
} from '../../shared/model/observation.ts'

export interface ParsedProcNet {
  readonly rows: readonly SocketRow[]
  readonly skipped: number
}

//    2: 0100007F:EDCA 0100007F:A63D 01 00000000:00000000 00:00000000 00000000  1000  0 11218 1 00000000cc1ee49d 20 0
const LINE =
  /^\s*\d+: ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{8}|[0-9A-F]{32}):([0-9A-F]{4}) ([0-9A-F]{2}) \S+ \S+ \S+\s+(\d{1,10})\s+\d+ (\d{1,15})(?:\s|$)/

/** include/net/tcp_states.h; 07 (closed) of TCP is no connection. */
const TCP_STATES: Readonly<Record<string, SocketState>> = {
  '01': 'established',
  '02': 'syn-sent',
  '03': 'syn-received',
  '04': 'closing',
  '05': 'closing',
  '06': 'time-wait',
  '08': 'closing',
  '09': 'closing',
  '0A': 'listen',
  '0B': 'closing',
  '0C': 'syn-received',
}

/** `littleEndian` is the byte order of this machine: the kernel prints each 32-bit word of an address as a number. */
export function parseProcNet(
  text: string,
  protocol: Protocol,
  littleEndian: boolean,
): ParsedProcNet {
  const rows: SocketRow[] = []
  let skipped = 0
  for (const line of text.split('\n')) {
    if (line === '' || /^\s*sl\s/.test(line)) continue
    const row = parseLine(line, protocol, littleEndian)
    if (row === 'malformed') skipped += 1
    else if (row !== 'ignored') rows.push(row)
  }
  return { rows, skipped }
}

function parseLine(
  line: string,
  protocol: Protocol,
  littleEndian: boolean,
): SocketRow | 'ignored' | 'malformed' {
  const [, localHex, localPort, remoteHex, remotePort, stateHex, uid, inode] = LINE.exec(line) ?? []
  if (!localHex || !localPort || !remoteHex || !remotePort || !stateHex) return 'malformed'
  const local = endpoint(localHex, localPort, littleEndian)
  const remote = endpoint(remoteHex, remotePort, littleEndian)
  if (local === null || remote === null) return 'malformed'
  const state = stateOf(protocol, stateHex, remote)
  if (state === null) return protocol === 'tcp' && stateHex === '07' ? 'ignored' : 'malformed'
  const connected = state !== 'listen' && state !== 'unconnected'
  if (connected && remote.port === 0) return 'malformed'
  return {
    protocol,
    state,
    local,
    remote: connected ? remote : null,
    inode: Number(inode) === 0 ? null : Number(inode),
    cookie: null,
    uid: Number(inode) === 0 ? null : Number(uid),
    cgroup: null,
    holders: [],
  }
}

function stateOf(protocol: Protocol, hex: string, remote: SocketAddress): SocketState | null {
  if (protocol === 'tcp') return TCP_STATES[hex] ?? null
  // Connected to port 0 is only a question for a source address: see ss/parse.ts.
  if (hex === '01') return remote.port === 0 ? 'unconnected' : 'connected'
  return hex === '07' ? 'unconnected' : null
}

function endpoint(hex: string, port: string, littleEndian: boolean): SocketAddress | null {
  const bytes = Buffer.from(hex, 'hex')
  if (littleEndian) bytes.swap32()
  const text =
    bytes.length === 4
      ? bytes.join('.')
      : Array.from({ length: 8 }, (_, i) => bytes.readUInt16BE(i * 2).toString(16)).join(':')
  const canonical = canonicalAddress(text)
  return canonical === null ? null : { ...canonical, port: Number.parseInt(port, 16) }
}
