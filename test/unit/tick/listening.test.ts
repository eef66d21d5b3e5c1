import { afterEach, describe, expect, it, vi } from 'vitest'
import type { ListenerOwner } from '../../../daemon/ports.ts'
import { createListeningBook, type ListeningInput } from '../../../daemon/tick/listening.ts'
import type { SocketRow } from '../../../shared/model/observation.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Server } from '../../../shared/model/server.ts'
import { batchOf, makeProcess, NETNS, row, tableOf } from '../connections/build.ts'
import { makeServer } from '../judge/build.ts'

const program = makeProcess(70, 1, { executable: '/usr/bin/python3' })
const other = makeProcess(80, 1, { executable: '/usr/bin/ruby' })
const entry = (host: string, id = 'web'): Server =>
  makeServer(id, { transport: 'http', endpoint: { scheme: 'http', host, port: 3001 } })
const listener = (address: string, inode: number): SocketRow =>
  row(`${address}:3001`, null, [], { inode, state: 'listen' })

const FOUR = listener('127.0.0.1', 4)
const owned = (process: Process): ListenerOwner => ({ kind: 'process', process })

function desk(lists = true) {
  const state = {
    rows: [] as readonly SocketRow[],
    owners: new Map<number | null, ListenerOwner>(),
    asked: [] as (number | null)[],
    anew: [] as boolean[],
    slow: null as Promise<ListenerOwner> | null,
    clientsAsked: 0,
    changes: 0,
    beat: null as (() => void) | null,
  }
  const book = createListeningBook(
    {
      listenerOwners: {
        ownerOf: async ({ inode }, _, anew = false) => {
          state.asked.push(inode)
          state.anew.push(anew)
          return (await state.slow) ?? state.owners.get(inode) ?? { kind: 'none' }
        },
        ...(lists ? { list: () => state.rows } : {}),
      },
      recogniseClient: ({ executable }) => {
        state.clientsAsked += 1
        return executable === '/opt/cursor' ? 'cursor' : null
      },
    },
    () => {
      state.changes += 1
    },
    (_, call) => {
      state.beat = call
      return () => {
        state.beat = null
      }
    },
  )
  return { state, book }
}

const SERVERS = [entry('localhost')]
const SELF = new Set<string>()
const input = (over: Partial<ListeningInput> = {}): ListeningInput => ({
  servers: SERVERS,
  selfAddresses: SELF,
  table: tableOf(program, other),
  containers: [],
  ...over,
})
afterEach(() => {
  vi.useRealTimers()
})

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve))
const found = (process: Process) => [
  'web',
  { kind: 'process', pid: process.pid, startTicks: process.startTicks },
]

describe('the listening book', () => {
  it('knows at the first look what listens already, and asks once for each socket', async () => {
    const { state, book } = desk()
    state.rows = [FOUR]
    state.owners.set(4, owned(program))
    await book.look(input())
    expect([...book.current()]).toEqual([found(program)])
    const before = book.current()
    for (let i = 0; i < 20; i += 1) await book.look(input())
    expect(book.current()).toBe(before)
    expect(state.asked).toEqual([4])
  })

  it('sees between two ticks that somebody begins to listen, and asks with the next table', async () => {
    const { state, book } = desk()
    await book.look(input())
    expect(book.answers().get(SERVERS[0]?.id as Server['id'])).toEqual({ kind: 'nobody' })
    state.rows = [FOUR]
    state.owners.set(4, owned(program))
    state.beat?.()
    expect([state.changes, state.asked]).toEqual([1, []])
    expect(await book.look(input())).toBe(true)
    expect([...book.current()]).toEqual([found(program)])
    expect(state.changes).toBe(1)
    expect(await book.look(input())).toBe(false)
  })

  it('waits no longer than a moment for who is not found at once, and tells later', async () => {
    const { state, book } = desk()
    await book.look(input())
    vi.useFakeTimers()
    const late: { tell?: (owner: ListenerOwner) => void } = {}
    state.slow = new Promise((resolve) => {
      late.tell = resolve
    })
    state.rows = [FOUR]
    const looked = book.look(input())
    await vi.advanceTimersByTimeAsync(150)
    vi.useRealTimers()
    expect(await looked).toBe(true)
    expect([...book.answers().values()]).toEqual([{ kind: 'nobody' }])
    late.tell?.(owned(program))
    await settled()
    expect(state.changes).toBe(1)
    expect([...book.current()]).toEqual([found(program)])
  })

  it('does nothing between two ticks while the same sockets listen', async () => {
    const { state, book } = desk()
    state.rows = [FOUR]
    state.owners.set(4, owned(program))
    const same = input()
    await book.look(same)
    const before = state.clientsAsked
    for (let i = 0; i < 20; i += 1) state.beat?.()
    await book.look(same)
    expect(state.clientsAsked).toBe(before)
    await book.look(input({ table: tableOf(program) }))
    expect(state.clientsAsked).toBe(before + 1)
  })

  it('asks again, past what is remembered, for a process younger than the table', async () => {
    const { state, book } = desk()
    await book.look(input())
    state.rows = [FOUR]
    await book.look(input())
    await settled()
    expect([...book.answers().values()]).toEqual([{ kind: 'nobody' }])
    state.owners.set(4, owned(program))
    await book.look(input())
    await settled()
    expect(state.anew).toEqual([false, true])
    expect([...book.current()]).toEqual([found(program)])
  })

  it('says after a second question that the owner cannot be looked into', async () => {
    const { state, book } = desk()
    state.rows = [FOUR]
    state.owners.set(4, { kind: 'unreadable' })
    await book.look(input())
    expect([...book.answers().values()]).toEqual([{ kind: 'hidden', reason: 'process-unreadable' }])
    expect(book.current().size).toBe(0)
    expect(state.asked).toHaveLength(2)
  })

  it('follows the port to another process, and to nobody', async () => {
    const { state, book } = desk()
    state.rows = [FOUR]
    state.owners.set(4, owned(program)).set(5, owned(other))
    await book.look(input())
    state.rows = [listener('0.0.0.0', 5)]
    await book.look(input())
    expect([...book.current()]).toEqual([found(other)])
    state.rows = []
    state.beat?.()
    expect(book.current().size).toBe(0)
  })

  it('asks again who has the socket of a process that ended', async () => {
    const { state, book } = desk()
    state.rows = [FOUR]
    state.owners.set(4, owned(program))
    await book.look(input())
    state.owners.set(4, owned(other))
    await book.look(input({ table: tableOf(other) }))
    await settled()
    expect([...book.current()]).toEqual([found(other)])
  })

  it.each([
    ['two programs at the two addresses of localhost', [program, other], 'listener-not-told'],
    ['init, which listens for others', [makeProcess(1, 0), makeProcess(1, 0)], 'listener-not-told'],
    [
      'a client',
      [makeProcess(70, 1, { executable: '/opt/cursor', argv: ['x'] })].flatMap((p) => [p, p]),
      'in-client',
    ],
    [
      'what passes ports on to a container that nobody knows',
      [makeProcess(70, 1, { executable: '/usr/bin/docker-proxy' })].flatMap((p) => [p, p]),
      'container-not-found',
    ],
    [
      'what passes ports on to a virtual machine',
      [makeProcess(70, 1, { executable: '/x/com.docker.backend' })].flatMap((p) => [p, p]),
      'container-elsewhere',
    ],
  ])('names nobody where it is %s', async (_, [four, six], reason) => {
    const { state, book } = desk()
    state.rows = [FOUR, listener('::1', 6)]
    if (four && six) state.owners.set(4, owned(four)).set(6, owned(six))
    await book.look(input())
    expect(book.current().size).toBe(0)
    expect([...book.answers().values()]).toEqual([{ kind: 'hidden', reason }])
  })

  it('names the process above where several of one program share the port', async () => {
    const { state, book } = desk()
    const worker = makeProcess(90, 70)
    state.rows = [FOUR, listener('127.0.0.1', 7)]
    state.owners.set(4, owned(worker)).set(7, owned(program))
    await book.look(input({ table: tableOf(program, worker) }))
    expect([...book.current()]).toEqual([found(program)])
  })

  it('takes the list of the last batch where none is to be had, else assumes a listener', async () => {
    const { state, book } = desk(false)
    state.owners.set(null, owned(program)).set(4, owned(other))
    await book.look(input())
    expect(state.asked).toEqual([null])
    expect([...book.current()]).toEqual([found(program)])
    book.heard(batchOf(1, [FOUR]), NETNS)
    await book.look(input())
    await settled()
    expect([...book.current()]).toEqual([found(other)])
    expect(state.beat).toBeNull()
  })

  it('is at it while nobody is known of an entry that is new', async () => {
    const { state, book } = desk()
    state.rows = [FOUR]
    await book.look(input({ servers: [] }))
    await book.look(input())
    expect([...book.answers().values()]).toEqual([{ kind: 'sought' }])
  })

  it('gives up who listened at an address that the entry has no more', async () => {
    const { state, book } = desk()
    state.rows = [FOUR]
    state.owners.set(4, owned(program)).set(5, owned(other))
    await book.look(input())
    const endpoint = { scheme: 'http', host: 'localhost', port: 3002 }
    const elsewhere = [makeServer('web', { transport: 'http', endpoint })]
    await book.look(input({ servers: elsewhere }))
    expect([...book.current()]).toEqual([['web', { kind: 'moved' }]])
    expect([...book.answers().values()]).toEqual([{ kind: 'nobody' }])
    state.rows = [FOUR, row('127.0.0.1:3002', null, [], { inode: 5, state: 'listen' })]
    await book.look(input({ servers: elsewhere }))
    await settled()
    expect([...book.current()]).toEqual([found(other)])
    await book.look(input({ servers: [makeServer('web')] }))
    expect([...book.current()]).toEqual([['web', { kind: 'moved' }]])
    await book.look(input({ servers: [] }))
    expect(book.current().size).toBe(0)
  })

  it('looks at nothing while no entry has an address here', async () => {
    const { state, book } = desk()
    state.rows = [FOUR]
    await book.look(input({ servers: [entry('api.example')] }))
    expect([state.asked, state.beat, book.answers().size]).toEqual([[], null, 0])
    await book.look(input())
    expect(state.beat).not.toBeNull()
    await book.look(input({ servers: [] }))
    expect([state.beat, book.answers().size]).toEqual([null, 0])
  })

  it('ends its looking with the daemon', async () => {
    const { state, book } = desk()
    await book.look(input())
    book.stop()
    expect(state.beat).toBeNull()
  })
})
