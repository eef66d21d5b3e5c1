/** Reads what `ss -tunaeOH` prints. Total: any text gives rows and a count of lines that were not understood. */
import { canonicalAddress } from '../../../shared/address/canonical.ts'
import type {
  Protocol,
  SocketAddress,
  SocketRow,
  SocketState,
} from '../../../shared/model/observation.ts'

export interface ParsedRows {
  readonly rows: readonly SocketRow[]
  /** Lines that look like nothing the tool is known to print. */
  readonly skipped: number
}

/** A control group path is at most 4 KiB; nothing else in a line is long. */
const MAX_LINE = 8_192

// tcp ESTAB 0 0 127.0.0.1:60874 127.0.0.1:42557 ino:11218 sk:8 cgroup:/ <->
const LINE = /^(\S+)\s+(\S+)\s+(-?\d+)\s+(-?\d+)\s+(\S+):(\d+|\*)\s+(\S+):(\d+|\*)(?:\s+(.*))?$/

const TCP_STATES: Readonly<Record<string, SocketState>> = {
  LISTEN: 'listen',
  'SYN-SENT': 'syn-sent',
  'SYN-RECV': 'syn-received',
  'NEW-SYN-RECV': 'syn-received',
  ESTAB: 'established',
  'FIN-WAIT-1': 'closing',
  'FIN-WAIT-2': 'closing',
  'CLOSE-WAIT': 'closing',
  'LAST-ACK': 'closing',
  CLOSING: 'closing',
  'TIME-WAIT': 'time-wait',
}
/** Known and of no interest: bound without being connected (iproute2 6.8 has its own word for it). */
const IGNORED_TCP_STATES: ReadonlySet<string> = new Set(['UNCONN', 'BOUND-INACTIVE'])

const NOBODY: SocketRow['holders'] = []

type LineMeaning = SocketRow | 'ignored' | 'malformed'

/** Rows have no holders: whose they are is asked of the processes, never of this text. */
export function parseSs(text: string): ParsedRows {
  return rowsOf(joinedLines(text), parseLine)
}

function rowsOf(lines: readonly string[], read: (line: string) => LineMeaning): ParsedRows {
  const rows: SocketRow[] = []
  let skipped = 0
  for (const line of lines) {
    const row = read(line)
    if (row === 'malformed') skipped += 1
    else if (row !== 'ignored') rows.push(row)
  }
  return { rows, skipped }
}

interface ReadLine {
  readonly meaning: LineMeaning
  /** The last sample that had it. */
  sample: number
}

/**
 * As `parseSs`, for one sample after another: a line that was there the last time gives the very same row, so that
 * nobody has to look at it again. Most of thousands are.
 */
export function createSsParser(): (text: string) => ParsedRows {
  const known = new Map<string, ReadLine>()
  let sample = 0
  const read = (line: string): LineMeaning => {
    const before = known.get(line)
    if (before !== undefined) {
      before.sample = sample
      return before.meaning
    }
    // A part of a string keeps the whole of it in memory: what is remembered is a copy.
    const copy = Buffer.from(line).toString()
    const meaning = parseLine(copy)
    known.set(copy, { meaning, sample })
    return meaning
  }
  return (text) => {
    sample += 1
    const lines = joinedLines(text)
    const parsed = rowsOf(lines, read)
    if (known.size === lines.length) return parsed
    for (const [line, { sample: last }] of known) if (last !== sample) known.delete(line)
    return parsed
  }
}

/** Before iproute2 5.2 there is no -O: details may follow on an indented line. */
function joinedLines(text: string): readonly string[] {
  const all = text.split('\n')
  if (!/^\s/m.test(text)) return all.filter((line) => line !== '')
  const lines: string[] = []
  for (const line of all) {
    const last = lines.length - 1
    if (line.trim() === '') continue
    if (/^\s/.test(line) && last >= 0) lines[last] = `${lines[last]} ${line.trim()}`
    else lines.push(line)
  }
  return lines
}

function parseLine(line: string): LineMeaning {
  if (line.length > MAX_LINE) return 'malformed'
  if (/^(Netid|State)\s/.test(line)) return 'ignored'
  const parts = LINE.exec(line)
  if (parts === null) return 'malformed'
  const [, netid = '', stateName = '', , , localHost = '', localPort = ''] = parts
  const [remoteHost = '', remotePort = '', rest = ''] = parts.slice(7)
  if (netid !== 'tcp' && netid !== 'udp') return 'ignored'
  if (netid === 'tcp' && IGNORED_TCP_STATES.has(stateName)) return 'ignored'
  const details = parseDetails(rest)
  const local = parseEndpoint(localHost, localPort, details.v6only)
  const remote = parseEndpoint(remoteHost, remotePort, details.v6only)
  const state = stateOf(netid, stateName, remote)
  if (local === null || state === null) return 'malformed'
  const connected = state !== 'listen' && state !== 'unconnected'
  if (connected && (remote === null || remote.port === 0)) return 'malformed'
  const isV6Only = details.v6only === true && state === 'listen' && local.address === '::'
  return {
    protocol: netid,
    state,
    local,
    remote: connected ? remote : null,
    inode: details.inode,
    cookie: details.cookie,
    uid: details.uid,
    cgroup: details.cgroup,
    ...(isV6Only ? { v6Only: true } : {}),
    holders: NOBODY,
  }
}

/**
 * A UDP socket connected to port 0 (printed `*`) cannot send by that: it is how getaddrinfo(3) asks for the source
 * address of a route (RFC 6724), so it counts as unconnected.
 */
function stateOf(
  protocol: Protocol,
  name: string,
  remote: SocketAddress | null,
): SocketState | null {
  if (protocol === 'tcp') return Object.hasOwn(TCP_STATES, name) ? (TCP_STATES[name] ?? null) : null
  if (name === 'UNCONN') return 'unconnected'
  if (name !== 'ESTAB') return null
  return remote !== null && remote.port === 0 ? 'unconnected' : 'connected'
}

/** `127.0.0.1`, `127.0.0.1%lo`, `[fe80::1]%eth0`, `[fe80::1%eth0]`, `*`, `*%eth0`; before 4.15 also bare IPv6. */
function parseEndpoint(host: string, port: string, v6only: boolean | null): SocketAddress | null {
  const number = port === '*' ? 0 : Number(port)
  if (number > 65_535) return null
  if (host === '*' || host.startsWith('*%')) {
    // `*` is an IPv6 socket open to both families; old versions, without a v6only mark, mean IPv4.
    const zone = host.length > 2 ? host.slice(2) : null
    return { address: v6only === null ? '0.0.0.0' : '::', port: number, zone }
  }
  const canonical = canonicalAddress(host.replace(/^\[([^\]%]+)\]%/, '$1%'))
  return canonical === null ? null : { ...canonical, port: number }
}

interface Details {
  readonly inode: number | null
  readonly cookie: string | null
  readonly uid: number | null
  readonly cgroup: string | null
  readonly v6only: boolean | null
}

/**
 * `timer:(keepalive,54sec,0) uid:1000 ino:11218 sk:8 cgroup:/user.slice v6only:0 <->`. The name of a control group may
 * hold spaces and look like another field, so fields are read before it, and the fixed end is taken off first.
 */
function parseDetails(rest: string): Details {
  const [, body = '', v6only] = /^(.*?)(?:\s+v6only:([01]))?(?:\s+[<-]-[>-])?\s*$/.exec(rest) ?? []
  const mark = /(?:^|\s)cgroup:/.exec(body)
  const fields = mark === null ? body : body.slice(0, mark.index)
  const cgroup = mark === null ? null : body.slice(mark.index + mark[0].length).trim()
  const ino = /(?:^|\s)ino:(\d{1,15})(?:\s|$)/.exec(fields)?.[1]
  const uid = /(?:^|\s)uid:(\d{1,10})(?:\s|$)/.exec(fields)?.[1]
  const inode = ino === undefined || Number(ino) === 0 ? null : Number(ino)
  return {
    inode,
    cookie: /(?:^|\s)sk:([0-9a-f]{1,16})(?:\s|$)/.exec(fields)?.[1] ?? null,
    // uid 0 is not printed; a socket without inode has no owner that could be told.
    uid: inode === null ? null : Number(uid ?? 0),
    cgroup: cgroup === '' ? null : cgroup,
    v6only: v6only === undefined ? null : v6only === '1',
  }
}
