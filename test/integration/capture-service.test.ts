/** The capture service and its clients, over real sockets and the kernel's word of who is there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync, linkSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { frameHeader, helloBytes, ownHello } from '../../daemon/capture/exact/service-protocol.ts'
import { listenForUsers } from '../../daemon/capture-service/listen.ts'
import { McpWatchError } from '../../shared/errors.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { record } from '../unit/capture-service/fakes.ts'
import {
  GREETING,
  type Heard,
  hear,
  OWN_UID,
  rawClient,
  type ServiceScene,
  serve,
  socketFolder,
} from './capture-service-scene.ts'

const ends: (() => unknown)[] = []
afterEach(async () => {
  for (const end of ends.splice(0).toReversed()) await end()
})
const begun = async (...options: Parameters<typeof serve>): Promise<ServiceScene> => {
  const scene = await serve(...options)
  ends.push(() => scene.stop())
  return scene
}
const hearing = async (...options: Parameters<typeof hear>): Promise<Heard> => {
  const heard = await hear(...options)
  ends.push(() => heard.source.stop())
  return heard
}
const client = (path: string): ReturnType<typeof rawClient> => {
  const raw = rawClient(path)
  ends.push(() => raw.socket.destroy())
  return raw
}
const until = (condition: () => unknown, what: string): Promise<unknown> =>
  waitFor(() => Boolean(condition()), { what, deadlineMs: 15_000 })
const connects = (uid: number, ...pids: number[]) =>
  // Fewer sockets than a user may have: they are never released here.
  pids.map((pid) => record('connect', { uid, pid, cookie: uid * 1_000_000 + (pid % 10_000) }))
/** Has a client count as connected: what it hears comes after. */
const greeted = async (scene: ServiceScene, heard: Heard, uid: number): Promise<void> => {
  await until(() => {
    scene.source.tell(...connects(uid, GREETING))
    return heard.isGreeted()
  }, 'the first event')
}
const messageOf = (error: unknown): string =>
  error instanceof McpWatchError && error.code === 'NO_ENGINE'
    ? `${error.message} | ${error.hint}`
    : `not as expected: ${String(error)}`

describe('what each user hears', () => {
  it('is of their own processes, with what follows by the cookie, and nothing of others', async () => {
    const scene = await begun({ uid: 1000 })
    const ada = await hearing(scene.path)
    await greeted(scene, ada, 1000)
    scene.become(1001)
    const bob = await hearing(scene.path)
    await greeted(scene, bob, 1001)
    scene.source.tell(
      ...connects(1000, 10),
      ...connects(1001, 20),
      ...connects(0, 30),
      record('established', { pid: 11, cookie: 1_000_000_010 }),
      record('established', { pid: 21, cookie: 1_001_000_020 }),
      record('established', { pid: 31, cookie: 30 }),
    )
    await until(() => ada.pids.length >= 2 && bob.pids.length >= 2, 'both hear')
    scene.source.tell(...connects(1000, 12), ...connects(1001, 22))
    await until(() => ada.pids.length >= 3 && bob.pids.length >= 3, 'both hear the last')
    expect(ada.pids).toEqual([10, 11, 12])
    expect(bob.pids).toEqual([20, 21, 22])
    expect([ada.lost(), bob.lost()]).toEqual([0, 0])
  })

  it('is the same in each of their connections', async () => {
    const scene = await begun()
    const both = [await hearing(scene.path), await hearing(scene.path)]
    for (const each of both) await greeted(scene, each, OWN_UID)
    scene.source.tell(...connects(OWN_UID, 5, 6, 7))
    await until(() => both.every(({ pids }) => pids.length >= 3), 'both hear')
    for (const { pids } of both) expect(pids).toEqual([5, 6, 7])
  })

  it('does not tell how many events the kernel lost, but that some may be theirs', async () => {
    const scene = await begun()
    const heard = await hearing(scene.path)
    await greeted(scene, heard, OWN_UID)
    scene.source.lose(123_456)
    scene.source.tell(...connects(OWN_UID, 5))
    await until(() => heard.pids.includes(5), 'the next event')
    expect(heard.lost()).toBe(1)
  })
})

describe('a client that does not read', () => {
  it('costs others nothing, and is told how much it missed when it reads again', async () => {
    const scene = await begun({ uid: 1000 })
    const slow = await hearing(scene.path)
    await greeted(scene, slow, 1000)
    const frozen = rawClient(scene.path)
    ends.push(() => frozen.socket.destroy())
    frozen.socket.pause()
    await until(() => frozen.socket.readyState === 'open', 'the frozen one is connected')
    // It was accepted before the next one.
    scene.source.tell(...connects(1000, GREETING))
    scene.become(1001)
    const fast = await hearing(scene.path)
    await greeted(scene, fast, 1001)
    slow.hold(true)
    const sent = 40_000
    for (let pid = GREETING + 1; pid <= GREETING + sent; pid += 1) {
      scene.source.tell(...connects(1000, pid), ...(pid % 400 === 0 ? connects(1001, pid) : []))
      if (pid % 2_000 === 0) {
        await until(
          () => fast.pids.length === Math.floor(pid / 400),
          'the other user hears at once',
        )
      }
    }
    expect(fast.lost()).toBe(0)
    slow.hold(false)
    await until(() => slow.pids.length + slow.lost() >= sent, 'all is told or counted')
    expect(slow.pids.length + slow.lost()).toBe(sent)
    expect(slow.lost()).toBeGreaterThan(1_000)
    expect(slow.pids).toEqual(slow.pids.toSorted((a, b) => a - b))
    scene.source.tell(...connects(1000, sent + 2))
    await until(() => slow.pids.at(-1) === sent + 2, 'it hears again')
    expect(slow.failures).toEqual([])
  })
})

describe('a malicious client', () => {
  it('that talks is closed; one that only says a word or closes its half is not waited for', async () => {
    const scene = await begun()
    const heard = await hearing(scene.path)
    await greeted(scene, heard, OWN_UID)
    const word = client(scene.path)
    word.socket.write('hello')
    const flood = client(scene.path)
    flood.socket.write(Buffer.alloc(1 << 20))
    const half = client(scene.path)
    half.socket.end()
    await until(() => flood.ended() && half.ended(), 'they are closed')
    await until(() => word.bytes().length > 0, 'it was greeted')
    expect(word.ended()).toBe(false)
    scene.source.tell(...connects(OWN_UID, 5))
    await until(() => heard.pids.includes(5), 'others still hear')
  })

  it('that connects a thousand times takes no room from another user', async () => {
    const scene = await begun({ uid: 1000 })
    const first = await hearing(scene.path)
    await greeted(scene, first, 1000)
    scene.become(1001)
    const crowd = Array.from({ length: 1_000 }, () => client(scene.path))
    await until(() => crowd.filter(({ ended }) => ended()).length === 992, 'all but 8 are refused')
    scene.source.tell(...connects(1000, 5))
    await until(() => first.pids.includes(5), 'the other user hears')
    scene.become(1000)
    const second = await hearing(scene.path)
    await greeted(scene, second, 1000)
    // Room is free again when they have gone.
    for (const { socket } of crowd) socket.destroy()
    await until(() => {
      scene.source.tell(...connects(1000, 6))
      return second.pids.includes(6)
    }, 'goes on')
  })

  it('hears why it is refused', async () => {
    const scene = await begun({ limits: { perUser: 1, inAll: 8 } })
    const first = await hearing(scene.path)
    await greeted(scene, first, OWN_UID)
    const second = await hearing(scene.path)
    await until(() => second.failures.length > 0, 'it fails')
    expect(messageOf(second.failures[0])).toContain('as many connections of this user as it takes')
    expect(first.failures).toEqual([])
  })
})

describe('the daemon’s end', () => {
  /** Something that listens where the service should, and says `bytes` to whoever comes. */
  const impostor = async (bytes: Uint8Array): Promise<string> => {
    const { folder, remove } = socketFolder()
    ends.push(remove)
    const path = join(folder, 'socket')
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write(bytes)
      ends.push(() => socket.destroy())
    })
    server.listen(path)
    await once(server, 'listening')
    ends.push(() => server.close())
    return path
  }
  const failure = async (heard: Heard): Promise<string> => {
    await until(() => heard.failures.length > 0, 'it fails')
    expect(heard.failures).toHaveLength(1)
    return messageOf(heard.failures[0])
  }

  it.each([1, -1])('says which versions do not go together, and what to do (%i)', async (by) => {
    const hello = ownHello('7.7.7')
    const path = await impostor(helloBytes({ ...hello, protocol: hello.protocol + by }))
    const said = await failure(await hearing(path))
    expect(said).toContain('mcp-watch 7.7.7')
    expect(said).toContain('this mcp-watch 1.2.3')
    expect(said).toContain(by > 0 ? 'update mcp-watch' : 'sudo mcp-watch service install --exact')
  })

  it.each<[string, Uint8Array, string]>([
    ['no service of ours', Buffer.alloc(64, 'x'), 'is none'],
    [
      'rubbish',
      Buffer.concat([helloBytes(ownHello('1.0.0')), Buffer.alloc(8, 9)]),
      'cannot be read',
    ],
    [
      'a frame without end, then nothing',
      Buffer.concat([helloBytes(ownHello('1.0.0')), frameHeader('records', 0xffff_ffff)]),
      'fallen silent',
    ],
  ])('gives up on %s', async (_what, bytes, words) => {
    const path = await impostor(bytes)
    expect(await failure(await hearing(path, { patienceMs: 400 }))).toContain(words)
  })

  it('fails at once when the service ends, says so when it can no longer capture', async () => {
    const ending = await begun()
    const left = await hearing(ending.path)
    await greeted(ending, left, OWN_UID)
    await ending.stop()
    expect(await failure(left)).toContain('the capture service ended')
    expect(existsSync(ending.path)).toBe(false)
    expect(ending.source.isStopped()).toBe(true)

    const broken = await begun()
    const told = await hearing(broken.path)
    await greeted(broken, told, OWN_UID)
    const cause = new Error('the ring broke')
    broken.source.fail(cause)
    expect(await failure(told)).toContain('can no longer capture')
    expect(broken.failures).toEqual([cause])
  })

  it('stops in an instant and without a word, also before it was answered', async () => {
    const path = await impostor(new Uint8Array())
    const heard = await hearing(path)
    await heard.source.stop()
    await heard.source.stop()
    expect(heard.failures).toEqual([])
  })

  it('takes no service where there is none, or where others could have put it', async () => {
    const refusal = (path: string): Promise<string> => hear(path).then(() => 'opened', messageOf)
    const { folder, remove } = socketFolder()
    ends.push(remove)
    expect(await refusal(join(folder, 'socket'))).toContain(
      'sudo mcp-watch service install --exact',
    )
    expect(await refusal(join(folder, 'no/socket'))).toContain('service install --exact')
    expect(await refusal('/dev/null')).toContain('is not a socket')

    const scene = await begun()
    chmodSync(join(scene.path, '..'), 0o1777)
    expect(await refusal(scene.path)).toContain('is not believed')
    chmodSync(join(scene.path, '..'), 0o755)
    const other = { peerCredentials: () => ({ pid: 1, uid: OWN_UID + 4_000, gid: 0 }) }
    const heard = await hearing(scene.path, { native: other })
    expect(await failure(heard)).toContain('another account')
  })

  it('does not believe a folder of another plain user', async (context) => {
    if (OWN_UID !== 0) context.skip('needs root to make one')
    const scene = await begun()
    chownSync(join(scene.path, '..'), 1234, 1234)
    const said = await hear(scene.path, { uid: 1000 }).then(() => 'opened', messageOf)
    expect(said).toContain('is not believed')
  })
})

it('the service refuses a place where another one answers, and takes over from a dead one', async () => {
  const first = await begun()
  await expect(listenForUsers(first.path, () => undefined)).rejects.toMatchObject({
    code: 'DAEMON_RUNNING',
  })
  await expect(listenForUsers('/dev/null', () => undefined)).rejects.toMatchObject({
    code: 'NO_ENGINE',
  })
  // The socket of one that was killed: its file is there and nobody answers.
  const { folder, remove } = socketFolder()
  ends.push(remove)
  const path = join(folder, 'left')
  linkSync(first.path, path)
  await first.stop()
  const listener = await listenForUsers(path, (socket) => socket.end('here'))
  ends.push(() => listener.close())
  const guest = client(path)
  await until(() => guest.bytes().toString() === 'here', 'it answers')
})

describe.skipIf(OWN_UID !== 0)('users of this machine (needs root)', () => {
  /** A client in a process of another user, which prints whose events it hears. */
  const userProcess = async (path: string, uid: number) => {
    const script = join(import.meta.dirname, 'capture-service-client.mjs')
    const who = [`--reuid=${uid}`, `--regid=${uid}`, '--clear-groups']
    const child = spawn('setpriv', [...who, process.execPath, script, path], {
      stdio: ['ignore', 'pipe', 'inherit'],
      cwd: '/',
    })
    ends.push(async () => {
      child.kill('SIGKILL')
      if (child.exitCode === null && child.signalCode === null) await once(child, 'exit')
    })
    const lines: string[] = []
    createInterface({ input: child.stdout }).on('line', (line) => lines.push(line))
    await until(() => lines.includes('connected'), `user ${uid} is connected`)
    return { heard: () => lines.filter((line) => line !== 'connected') }
  }

  it('each hear what is theirs, by the kernel’s word of who they are', async () => {
    const scene = await begun()
    const [one, two] = [await userProcess(scene.path, 65_534), await userProcess(scene.path, 1_234)]
    scene.source.tell(
      ...connects(0, 1),
      ...connects(1_234, 2),
      ...connects(65_534, 3),
      record('established', { uid: 77, cookie: 65_534_000_003 }),
      record('established', { uid: 77, cookie: 1 }),
    )
    await until(() => one.heard().length >= 2 && two.heard().length >= 1, 'both hear')
    expect(one.heard()).toEqual(['1 of 65534', '4 of 77'])
    expect(two.heard()).toEqual(['1 of 1234'])
  })
})
