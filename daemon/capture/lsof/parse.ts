/** Reads `lsof -F0pfdtPnT`: NUL-ended fields, a new line after each set. Total, on Linux and macOS output alike. */
import { canonicalAddress } from '../../../shared/address/canonical.ts'
import type {
  Protocol,
  SocketAddress,
  SocketRow,
  SocketState,
} from '../../../shared/model/observation.ts'

export interface LsofFile {
  readonly pid: number
  /** Without holders; `inode` from Linux, `cookie` (the kernel's own number of the socket) from macOS. */
  readonly row: SocketRow
}

export interface ParsedLsof {
  readonly files: readonly LsofFile[]
  readonly skipped: number
}

/** Linux and macOS spell some states differently. */
const TCP_STATES: Readonly<Record<string, SocketState>> = {
  LISTEN: 'listen',
  SYN_SENT: 'syn-sent',
  SYN_RECV: 'syn-received',
  SYN_RCVD: 'syn-received',
  SYN_RECEIVED: 'syn-received',
  ESTABLISHED: 'established',
  FIN_WAIT1: 'closing',
  FIN_WAIT_1: 'closing',
  FIN_WAIT2: 'closing',
  FIN_WAIT_2: 'closing',
  CLOSE_WAIT: 'closing',
  CLOSING: 'closing',
  LAST_ACK: 'closing',
  TIME_WAIT: 'time-wait',
}
/** Known and no connection. */
const IGNORED_TCP_STATES: ReadonlySet<string> = new Set(['CLOSE', 'CLOSED', 'IDLE', 'BOUND'])

type Fields = Map<string, string>

/** Fields other than those asked for are passed over; `T` comes several times, only its state counts. */
export function parseLsof(text: string): ParsedLsof {
  const files: LsofFile[] = []
  let skipped = 0
  for (const { pid, fields } of fileSets(text)) {
    const row = pid === null ? 'malformed' : parseFile(fields)
    if (row === 'malformed') skipped += 1
    else if (row !== 'ignored' && pid !== null) files.push({ pid, row })
  }
  return { files, skipped }
}

/** `p` begins a process and `f` a file; what stands before the first `p` belongs to nobody. */
function fileSets(text: string): readonly { pid: number | null; fields: Fields }[] {
  const sets: { pid: number | null; fields: Fields }[] = []
  let pid: number | null = null
  let fields: Fields | null = null
  for (const token of text.split('\0')) {
    const field = token.replace(/^\n+/, '')
    const name = field.charAt(0)
    const value = field.slice(1)
    if (name === 'p') {
      pid = /^\d{1,10}$/.test(value) ? Number(value) : null
      fields = null
    } else if (name === 'f') {
      fields = new Map()
      sets.push({ pid, fields })
    } else if (fields !== null && name !== '') {
      if (name !== 'T') fields.set(name, value)
      else if (value.startsWith('ST=')) fields.set('T', value.slice(3))
    }
  }
  return sets
}

function parseFile(fields: Fields): SocketRow | 'ignored' | 'malformed' {
  const protocol = fields.get('P')?.toLowerCase()
  const name = fields.get('n')
  if (protocol !== 'tcp' && protocol !== 'udp') return 'ignored'
  if (name === undefined || name.length > 512) return 'malformed'
  const socket = identityOf(fields.get('d'))
  const style = { v6: fields.get('t') === 'IPv6', bsd: socket.cookie !== null }
  const [localText = '', remoteText] = name.split('->', 2)
  const local = parseEndpoint(localText, style)
  const remote = remoteText === undefined ? null : parseEndpoint(remoteText, style)
  const stateName = fields.get('T')
  if (protocol === 'tcp' && stateName !== undefined && IGNORED_TCP_STATES.has(stateName)) {
    return 'ignored'
  }
  const state = stateOf(protocol, stateName, remote)
  if (local === null || state === null) return 'malformed'
  if (remoteText !== undefined && remote === null) return 'malformed'
  const connected = state !== 'listen' && state !== 'unconnected'
  if (connected && (remote === null || remote.port === 0)) return 'malformed'
  return {
    protocol,
    state,
    local,
    remote: connected ? remote : null,
    ...socket,
    uid: null,
    cgroup: null,
    holders: [],
  }
}

/** Since 4.99.7 UDP has a state too; whether there is a peer tells the same in every version. */
function stateOf(
  protocol: Protocol,
  name: string | undefined,
  remote: SocketAddress | null,
): SocketState | null {
  if (protocol === 'udp') return remote === null || remote.port === 0 ? 'unconnected' : 'connected'
  return name !== undefined && Object.hasOwn(TCP_STATES, name) ? (TCP_STATES[name] ?? null) : null
}

/** On Linux the device of a socket is its inode, on macOS the kernel's address of it in hex. */
function identityOf(device: string | undefined): Pick<SocketRow, 'inode' | 'cookie'> {
  const inode = device !== undefined && /^[1-9]\d{0,14}$/.test(device) ? Number(device) : null
  const cookie = /^0x([0-9a-f]{1,16})$/i.exec(device ?? '')?.[1]?.toLowerCase() ?? null
  return { inode, cookie }
}

/** `127.0.0.1:80`, `[::1]:80`, `*:80`, `*:*`; an IPv4-mapped address comes as IPv4 with type IPv6. */
function parseEndpoint(text: string, style: { v6: boolean; bsd: boolean }): SocketAddress | null {
  const [, host = '', portText = ''] = /^(.+):(\d{1,5}|\*)$/.exec(text) ?? []
  const port = portText === '*' ? 0 : Number(portText)
  if (host === '' || port > 65_535) return null
  if (host === '*') return { address: style.v6 ? '::' : '0.0.0.0', port, zone: null }
  const canonical = canonicalAddress(host)
  if (canonical === null) return null
  return { ...(style.bsd ? withoutEmbeddedZone(canonical) : canonical), port }
}

/**
 * BSD kernels keep the interface number of a link-local address inside it, in the second group, which RFC 4291 has
 * zero: `fe80:4::1` is `fe80::1` on interface 4.
 */
function withoutEmbeddedZone(given: { address: string; zone: string | null }): {
  address: string
  zone: string | null
} {
  const [, number, rest] = /^fe80:([1-9a-f][0-9a-f]{0,3}):(.+)$/.exec(given.address) ?? []
  if (number === undefined || rest === undefined) return given
  const plain = canonicalAddress(`fe80:0:${rest}`)
  if (plain === null) return given
  return { address: plain.address, zone: given.zone ?? String(Number.parseInt(number, 16)) }
}
