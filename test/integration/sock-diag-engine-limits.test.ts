/** What the engine `sock-diag` cannot see, and that it says so; processes in networks of their own. */
import { spawnSync } from 'node:child_process'
import { afterEach, describe, expect, it } from 'vitest'
import { surroundingFacts } from '../../daemon/capture/surrounded.ts'
import { surroundingReasons } from '../../daemon/capture/surroundings.ts'
import type { SocketRow } from '../../shared/model/observation.ts'
import { waitFor } from '../helpers/wait-for.ts'
import {
  hasTools,
  isPrivate,
  isRoot,
  loaded,
  NOBODY,
  stopWatching,
  type Watching,
  watchOver,
} from './sock-diag-engine.ts'
import { endWorkers, listen, type Made, startWorker } from './sock-diag-engine-workers.ts'

const host = '127.0.0.1'
/** Opens a socket of IPPROTO_MPTCP (262) to a listener of its own and holds it for a moment. */
const MPTCP_CALL = `use Socket;
socket(my $l, PF_INET, SOCK_STREAM, 262) or exit 1;
bind($l, sockaddr_in(0, INADDR_LOOPBACK)); listen($l, 5);
socket(my $s, PF_INET, SOCK_STREAM, 262) or exit 1;
connect($s, getsockname($l)); syswrite($s, 'x' x 1000);
select(undef, undef, undef, $ARGV[0] // 0.8);`
const hasMptcp =
  spawnSync('perl', ['-e', MPTCP_CALL, '0'], { stdio: 'ignore', timeout: 5_000 }).status === 0
const codesOf = (watching: Watching): readonly string[] =>
  watching.engine.describe().degraded.map(({ code }) => code)
const to =
  (port: number) =>
  ({ remote }: SocketRow): boolean =>
    remote?.port === port

afterEach(async () => {
  await stopWatching()
  await endWorkers()
})

describe.skipIf(!loaded.ok)('what sock-diag cannot see', () => {
  it.skipIf(!isPrivate)(
    'a short connection that is closed abortively is known by its other end alone, if that is here (needs a network of its own)',
    async () => {
      const [worker, peer] = [await startWorker(), await startWorker()]
      const port = await listen(peer)
      const watching = await watchOver([worker.pid])
      await watching.nextBatch()
      // Over before the next look: both ends tell of their end without the other.
      const made: Made[] = []
      for (let i = 0; i < 5; i += 1)
        made.push(await worker.tell('connect', { host, port, ms: 0, close: 'abort' }))
      await watching.nextBatch()
      const seen = watching.stories(to(port))
      for (const { last } of seen) expect(last.bytes ?? null).toBeNull()
      // The end that was reset is told with its peer, and on this machine that is the connection's other end.
      expect(watching.counts().unknown + seen.length).toBe(5)
      expect(codesOf(watching)).toContain('gated-sampling')
    },
  )

  it('an abortive close of a connection that was seen has no bytes, not 0', async () => {
    const [worker, peer] = [await startWorker(), await startWorker()]
    const port = await listen(peer)
    const watching = await watchOver([worker.pid])
    const { localPort } = await worker.tell<Made>('connect', { host, port, send: 5_000 })
    await watching.held(to(port))
    await worker.tell('abort', { localPort })
    const { last, ends } = await watching.ended(to(port))
    expect(ends).toBe(1)
    expect(last.bytes).toBeNull()
  })

  it('an unconnected UDP socket sends where nobody sees', async () => {
    const [worker, peer] = [await startWorker(), await startWorker()]
    const target = await peer.tell<{ localPort: number }>('udp', { host })
    const watching = await watchOver([worker.pid])
    const { index, localPort } = await worker.tell<{ index: number; localPort: number }>('udp', {
      host: '127.0.0.1',
    })
    await worker.tell('udp-send', { index, host, port: target.localPort })
    const own = ({ local }: SocketRow): boolean => local.port === localPort
    expect((await watching.held(own)).last).toMatchObject({ state: 'unconnected', remote: null })
    await watching.nextBatch()
    expect(watching.stories(to(target.localPort))).toEqual([])
    expect(codesOf(watching)).toContain('unconnected-udp')
  })

  it.skipIf(!hasMptcp)(
    'MPTCP (RFC 8684) is seen while it lives, as the TCP below it, but its end has no bytes (needs perl and a kernel that has it)',
    async () => {
      const worker = await startWorker()
      const watching = await watchOver([worker.pid])
      const child = await worker.tell<{ pid: number }>('run', {
        command: 'perl',
        args: ['-e', MPTCP_CALL],
      })
      const { last, ends } = await watching.ended(
        ({ holders, remote }) => remote !== null && holders.some(({ pid }) => pid === child.pid),
      )
      expect(ends).toBe(1)
      expect(last).toMatchObject({ protocol: 'tcp', remote: { address: host }, bytes: null })
    },
  )

  it('a process that cannot be looked into is said to be unreadable, its sockets to be nobody’s', async () => {
    const uid = isRoot ? NOBODY : undefined
    const [worker, peer] = [await startWorker({ uid }), await startWorker()]
    const port = await listen(peer)
    const hidden = await worker.tell<{ failed: number }>('hide')
    expect(hidden.failed).toBe(0)
    const watching = await watchOver([worker.pid], { uid })
    const made = await worker.tell<Made>('connect', { host, port })
    const found = await waitFor(
      () =>
        watching.batches
          .flatMap(({ snapshots }) => snapshots)
          .filter(({ hostWide }) => hostWide)
          .flatMap(({ rows }) => rows)
          .find(({ local, unclaimed }) => local.port === made.localPort && unclaimed === true),
      { what: 'a row that nobody claims', deadlineMs: 15_000 },
    )
    expect(found.holders).toEqual([])
    expect(watching.batches.at(-1)?.unreadable).toHaveLength(1)
    expect(codesOf(watching)).toContain('process-unreadable')
  })
})

describe('a /proc that hides processes', () => {
  const mounted = spawnSync(
    'unshare',
    ['-mpf', 'sh', '-c', 'mount -t proc -o hidepid=2 proc /proc && cat /proc/self/mountinfo'],
    { encoding: 'utf8', timeout: 10_000 },
  )

  it.skipIf(mounted.status !== 0)(
    'is known by what the kernel says of its mount (needs root)',
    () => {
      const facts = surroundingFacts(1000, {})
      const reasons = surroundingReasons({ ...facts, mounts: mounted.stdout })
      expect(reasons).toContain('processes-hidden')
    },
  )
})

describe.skipIf(!loaded.ok)('another network namespace', () => {
  const inside = ['unshare', '-n', 'sh', '-c', 'ip link set lo up && exec "$0" "$@"']

  it.skipIf(!isRoot || !hasTools)(
    'is entered, and its last closes are told when it vanishes (needs root)',
    async () => {
      const worker = await startWorker({ before: inside })
      const port = await listen(worker)
      const watching = await watchOver([worker.pid])
      const isClient = ({ local, remote }: SocketRow): boolean =>
        local.port !== port && remote?.port === port
      const made = await worker.tell<Made>('connect', {
        host,
        port,
        ms: 120,
        close: 'own',
        send: 900,
      })
      const { last, ends } = await watching.ended(isClient)
      expect([ends, last.local.port]).toEqual([1, made.localPort])
      expect(last.holders.map(({ pid }) => pid)).toEqual([worker.pid])

      const open = await worker.tell<Made>('connect', { host, port })
      const isOpen = ({ local }: SocketRow): boolean => local.port === open.localPort
      await watching.held(isOpen)
      await worker.end()
      expect((await watching.ended(isOpen)).ends).toBe(1)
      expect(watching.faults).toEqual([])
    },
  )

  it.skipIf(!isRoot || !hasTools)(
    'is read from /proc where it may not be entered (needs root to make one)',
    async () => {
      const as = ['setpriv', `--reuid=${NOBODY}`, `--regid=${NOBODY}`, '--clear-groups']
      const worker = await startWorker({ before: [...inside, ...as] })
      const port = await listen(worker)
      const made = await worker.tell<Made>('connect', { host, port })
      const watching = await watchOver([worker.pid], { uid: NOBODY })
      const { last } = await watching.held(({ local }) => local.port === made.localPort)
      expect(last).toMatchObject({ cookie: null, remote: { port } })
      expect(last.holders.map(({ pid }) => pid)).toEqual([worker.pid])
    },
  )
})
