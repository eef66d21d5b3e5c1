/** The capture service and its clients, over real sockets and the kernel's word of who is there. */
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { linkSync } from 'node:fs'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { afterEach, describe, expect, it } from 'vitest'
import { listenForUsers } from '../../daemon/capture-service/listen.ts'
import { record } from '../unit/capture-service/fakes.ts'
import {
  connects,
  createDesk,
  GREETING,
  greeted,
  messageOf,
  OWN_UID,
  socketFolder,
  until,
} from './capture-service-scene.ts'

const desk = createDesk()
const { begun, hearing, client, later } = desk
afterEach(() => desk.endAll())

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
    const frozen = client(scene.path)
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
  later(remove)
  const path = join(folder, 'left')
  linkSync(first.path, path)
  await first.stop()
  const listener = await listenForUsers(path, (socket) => socket.end('here'))
  later(() => listener.close())
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
    later(async () => {
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
