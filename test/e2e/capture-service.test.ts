/** The built `mcp-watch capture` with the kernel's programs: as root, and as a plain user with three capabilities. */
import { once } from 'node:events'
import { chmodSync, chownSync, mkdtempSync, rmSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { RECORD_KIND, WORD } from '../../daemon/capture/exact/record-layout.ts'
import { openServiceSource } from '../../daemon/capture/exact/service-source.ts'
import { loadNative } from '../../daemon/native/load.ts'
import { MAIN } from '../helpers/cli.ts'
import { waitFor } from '../helpers/wait-for.ts'
import {
  ADA,
  as,
  BOB,
  CAPABILITIES,
  obstacle,
  type Run,
  SERVICE,
  start,
} from './capture-service-processes.ts'

const reason = obstacle()
const ends: (() => unknown)[] = []
let folder: string
let socket: string
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpw-'))
  chmodSync(folder, 0o755)
  socket = join(folder, 'socket')
})
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
  rmSync(folder, { recursive: true, force: true })
})

const capture = (...who: readonly string[]): Run =>
  start([...who, process.execPath, MAIN, 'capture', '--socket', socket], ends)

/** Another user's client, which prints kind and user of what it hears. */
async function listener(uid: number): Promise<Run> {
  const script = join(import.meta.dirname, '../integration/capture-service-client.mjs')
  return await waitFor(
    async () => {
      const run = start([...as(uid), process.execPath, script, socket], ends)
      const isConnected = await waitFor(
        () => run.lines.includes('connected') || run.child.exitCode !== null,
        { what: 'the client is connected', deadlineMs: 20_000 },
      )
      return isConnected && run.child.exitCode === null ? run : null
    },
    { what: () => `user ${uid} hears the service`, deadlineMs: 30_000, everyMs: 100 },
  )
}

/** A TCP connection to a listener here, made and closed by a process of this user. */
async function connectAs(uid: number, port: number): Promise<number> {
  const code = `require('node:net').connect(${port}, '127.0.0.1', function () { this.end() })`
  const run = start([...as(uid), process.execPath, '-e', code], ends)
  const { pid = 0 } = run.child
  expect(await run.ended()).toBe(0)
  return pid
}

async function listeningPort(): Promise<number> {
  const server = createServer((peer) => peer.on('error', () => undefined).end()).listen(
    0,
    '127.0.0.1',
  )
  await once(server, 'listening')
  ends.push(() => server.close())
  const address = server.address()
  return typeof address === 'object' && address !== null ? address.port : 0
}

/** As root's daemon hears it: kind and process of each record. */
async function hear() {
  const loaded = await loadNative()
  if (!loaded.ok) throw new Error(loaded.reason)
  const { native } = loaded
  const source = openServiceSource({ path: socket, uid: 0, version: '1.2.3', native })
  const records: { readonly kind: number; readonly pid: number; readonly uid: number }[] = []
  const failures: unknown[] = []
  source.start({
    wake: () =>
      void source.drain((words, first) => {
        const at = (word: number): number => words[first + word] ?? 0
        records.push({ kind: at(WORD.kind), pid: at(WORD.pid), uid: at(WORD.uid) })
      }),
    fail: (error) => failures.push(error),
  })
  ends.push(() => source.stop())
  return { source, records, failures }
}

describe.skipIf(reason !== null)(`mcp-watch capture (${reason ?? 'with the kernel'})`, () => {
  it.each<[string, readonly string[]]>([
    ['root', []],
    ['a plain user with the three capabilities', as(SERVICE, CAPABILITIES)],
  ])('as %s hands each user their own connections from begin to end', async (_who, who) => {
    if (who.length > 0) chownSync(folder, SERVICE, SERVICE)
    const service = capture(...who)
    const [one, two] = [await listener(ADA), await listener(BOB)]
    const root = await hear()
    const port = await listeningPort()
    await connectAs(ADA, port)
    await connectAs(BOB, port)
    const kinds = ['connect', 'connecting', 'established', 'closed', 'released'] as const
    // Root's is the last: whoever heard it has nothing of the others to come.
    const pid = await connectAs(0, port)
    const isOver = (run: Run): boolean => run.lines.some((line) => line.startsWith('8 of'))
    await waitFor(() => isOver(one) && isOver(two), {
      what: () => `both hear the end: ${one.lines.join(', ')}; ${two.lines.join(', ')}`,
      deadlineMs: 20_000,
    })
    const first = (run: Run): string[] => run.lines.filter((line) => line.startsWith('1 of'))
    expect(first(one)).toEqual([`1 of ${ADA}`])
    expect(first(two)).toEqual([`1 of ${BOB}`])
    for (const { lines } of [one, two]) {
      const heard = lines.map((line) => Number(line.split(' ')[0]))
      expect(heard).toEqual(expect.arrayContaining(kinds.map((kind) => RECORD_KIND[kind])))
    }
    await waitFor(() => root.records.some((each) => each.pid === pid), {
      what: 'root hears of root',
      deadlineMs: 20_000,
    })
    const actors = root.records.filter(({ kind }) => kind === RECORD_KIND.connect)
    expect(new Set(actors.map(({ uid }) => uid))).toEqual(new Set([0]))

    service.child.kill('SIGTERM')
    expect(await service.ended()).toBe(0)
    expect(service.errors()).toBe('')
    await waitFor(() => root.failures.length > 0, { what: 'the end is told', deadlineMs: 5_000 })
  })

  it('that was killed fails its clients at once, and another one takes its place', async () => {
    const service = capture()
    await listener(ADA)
    const before = await hear()
    // Once it was greeted it waits for nothing but events.
    const port = await listeningPort()
    await waitFor(
      async () => {
        const pid = await connectAs(0, port)
        return before.records.some((each) => each.pid === pid)
      },
      { what: 'root hears', deadlineMs: 20_000 },
    )
    service.child.kill('SIGKILL')
    await waitFor(() => before.failures.length > 0, { what: 'it fails', deadlineMs: 5_000 })
    expect(String(before.failures[0])).toContain('the capture service')

    capture()
    await listener(ADA)
    const after = await hear()
    await waitFor(
      async () => {
        const pid = await connectAs(0, port)
        return after.records.some((each) => each.pid === pid)
      },
      { what: 'root hears again', deadlineMs: 20_000 },
    )
    expect(after.failures).toEqual([])
  })

  it.each(CAPABILITIES)('ends with 4 and says so where CAP_%s is missing', async (missing) => {
    chownSync(folder, SERVICE, SERVICE)
    const service = capture(
      ...as(
        SERVICE,
        CAPABILITIES.filter((each) => each !== missing),
      ),
    )
    expect(await service.ended()).toBe(4)
    expect(service.errors()).toContain(`CAP_${missing.toUpperCase()}`)
  })

  it('ends with 3 where another one answers', async () => {
    capture()
    await listener(ADA)
    const second = capture()
    expect(await second.ended()).toBe(3)
    expect(second.errors()).toContain('another capture service answers')
  })
})
