/** A nameserver on loopback that answers from a table (RFC 1035, over UDP), and remembers what it was asked. */
import { createSocket, type RemoteInfo } from 'node:dgram'
import { once } from 'node:events'
import ipaddr from 'ipaddr.js'

export interface DnsRecord {
  readonly type: 'A' | 'AAAA' | 'CNAME'
  /** The name it stands for; left out, the name that was asked about. */
  readonly name?: string
  readonly data: string
  readonly ttl: number
}

/** `silent`: no answer at all; `failure`: SERVFAIL; an empty list is NODATA; a name not in the table NXDOMAIN. */
export type Zone = Map<string, readonly DnsRecord[] | 'silent' | 'failure'>

export interface DnsServer {
  /** For Resolver.setServers. */
  readonly address: string
  /** `A host` and `AAAA host`, in the order of arrival. */
  readonly asked: string[]
  close(): Promise<void>
}

const TYPES = { A: 1, CNAME: 5, AAAA: 28 } as const

export async function startDnsServer(zone: Zone): Promise<DnsServer> {
  const socket = createSocket('udp4')
  const asked: string[] = []
  socket.on('message', (query: Buffer, from: RemoteInfo) => {
    const { name, type, end } = readQuestion(query)
    const kind = type === TYPES.A ? 'A' : 'AAAA'
    asked.push(`${kind} ${name}`)
    const entry = zone.get(name)
    if (entry === 'silent') return
    const records = Array.isArray(entry)
      ? entry.filter((each: DnsRecord) => each.type === kind || each.type === 'CNAME')
      : []
    const code = entry === undefined ? 3 : entry === 'failure' ? 2 : 0
    socket.send(answer(query.subarray(0, end), code, name, records), from.port, from.address)
  })
  socket.bind(0, '127.0.0.1')
  await once(socket, 'listening')
  return {
    address: `127.0.0.1:${socket.address().port}`,
    asked,
    close: () => new Promise((resolve) => socket.close(() => resolve())),
  }
}

function readQuestion(query: Buffer): { name: string; type: number; end: number } {
  const labels: string[] = []
  let at = 12
  for (let length = query[at] ?? 0; length !== 0; length = query[at] ?? 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + length))
    at += 1 + length
  }
  return { name: labels.join('.').toLowerCase(), type: query.readUInt16BE(at + 1), end: at + 5 }
}

function answer(
  question: Buffer,
  code: number,
  name: string,
  records: readonly DnsRecord[],
): Buffer {
  const head = Buffer.from(question.subarray(0, 12))
  head.writeUInt16BE(0x8180 | code, 2)
  head.writeUInt16BE(1, 4)
  head.writeUInt16BE(records.length, 6)
  head.writeUInt32BE(0, 8)
  const body = records.map((record) => {
    const data = dataOf(record)
    const fixed = Buffer.alloc(10)
    fixed.writeUInt16BE(TYPES[record.type], 0)
    fixed.writeUInt16BE(1, 2)
    fixed.writeUInt32BE(record.ttl, 4)
    fixed.writeUInt16BE(data.length, 8)
    return Buffer.concat([nameOf(record.name ?? name), fixed, data])
  })
  return Buffer.concat([head, question.subarray(12), ...body])
}

function dataOf({ type, data }: DnsRecord): Buffer {
  return type === 'CNAME' ? nameOf(data) : Buffer.from(ipaddr.parse(data).toByteArray())
}

function nameOf(name: string): Buffer {
  const labels = name.split('.').map((label) => Buffer.from(`\0${label}`, 'latin1'))
  for (const label of labels) label[0] = label.length - 1
  return Buffer.concat([...labels, Buffer.alloc(1)])
}
