/** Real lists of sockets and their ends, closed again with the test, and connections with both ends here. */
import { once } from 'node:events'
import { readdirSync, readlinkSync } from 'node:fs'
import { connect, createServer, type Socket } from 'node:net'
import { onTestFinished } from 'vitest'
import {
  createDestroyEvents,
  type DestroyEvents,
} from '../../daemon/capture/sock-diag/destroy-events.ts'
import type { DiagRow } from '../../daemon/capture/sock-diag/diag-row.ts'
import {
  createSockDiag,
  NETLINK_SOCK_DIAG,
  type SockDiag,
} from '../../daemon/capture/sock-diag/dump.ts'
import { loadNative } from '../../daemon/native/load.ts'
import type { Native } from '../../daemon/native/native.ts'
import { waitFor } from '../helpers/wait-for.ts'

export const loaded = await loadNative()

const NOBODY = 65_534

/** Only asked for where the tests are not skipped. */
export function native(): Native {
  if (!loaded.ok) throw new Error(loaded.reason, { cause: loaded.cause })
  return loaded.native
}

export function openDiag(): SockDiag {
  const socket = native().netlink(NETLINK_SOCK_DIAG)
  const diag = createSockDiag({ socket, interfaceName: (index) => native().interfaceName(index) })
  onTestFinished(() => diag.close())
  return diag
}

/** Runs something as a user without any privilege: the effective user decides, and comes back. */
export function asNobody<T>(run: () => T): T {
  process.seteuid?.(NOBODY)
  try {
    return run()
  } finally {
    process.seteuid?.(0)
  }
}

export function inodesOf(pid: number): ReadonlySet<number> {
  const inodes = new Set<number>()
  for (const fd of readdirSync(`/proc/${pid}/fd`)) {
    const found = /^socket:\[(\d+)\]$/.exec(readlinkSync(`/proc/${pid}/fd/${fd}`))
    if (found !== null) inodes.add(Number(found[1]))
  }
  return inodes
}

export interface Pair {
  readonly client: Socket
  readonly accepted: Socket
  readonly server: string
  end(): Promise<void>
}

/** A connection on loopback with both its ends here. */
export async function connectedPair(): Promise<Pair> {
  const server = createServer({ allowHalfOpen: false }).listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  const arrived = once(server, 'connection')
  const client = connect(port, '127.0.0.1')
  await once(client, 'connect')
  const [accepted] = (await arrived) as [Socket]
  accepted.on('error', () => undefined).resume()
  client.on('error', () => undefined).resume()
  return {
    client,
    accepted,
    server: `127.0.0.1 ${port}`,
    end: async () => {
      client.destroy()
      accepted.destroy()
      server.close()
      await once(server, 'close')
    },
  }
}

/** The rows of both ends, the client's first. */
export function rowsOf(
  diag: SockDiag,
  { client }: Pair,
): readonly [client: DiagRow, server: DiagRow] {
  const { rows } = diag.dump({ bytes: true })
  const mine = rows.find(
    ({ local, remote }) => local.port === client.localPort && remote?.port === client.remotePort,
  )
  const theirs = rows.find(
    ({ local, remote }) => local.port === client.remotePort && remote?.port === client.localPort,
  )
  if (mine === undefined || theirs === undefined) throw new Error('the connection is not listed')
  return [mine, theirs]
}

export function openEvents(receiveBuffer?: number, groups = ~0): DestroyEvents {
  const netlink: Native['netlink'] = (protocol, options) => {
    const isMeant = receiveBuffer !== undefined && ((options?.groups ?? 0) & groups) !== 0
    return native().netlink(protocol, isMeant ? { ...options, receiveBuffer } : options)
  }
  const events = createDestroyEvents({
    netlink,
    interfaceName: (index) => native().interfaceName(index),
  })
  onTestFinished(() => events.close())
  return events
}

/** Waits until the ends of these sockets have been told; all that is told on the way is thrown away. */
export async function endsOf(
  events: DestroyEvents,
  cookies: readonly string[],
): Promise<ReadonlyMap<string, DiagRow>> {
  const found = new Map<string, DiagRow>()
  await waitFor(
    () => {
      for (const row of events.drain().rows)
        if (cookies.includes(row.cookie)) found.set(row.cookie, row)
      return cookies.every((cookie) => found.has(cookie))
    },
    { what: () => `${found.size} of ${cookies.length} ends`, deadlineMs: 20_000 },
  )
  return found
}
