/** The daemon's end of the capture service: what it believes, when it gives up, and what it says then. */
import { once } from 'node:events'
import { chmodSync, chownSync, existsSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { afterEach, describe, expect, it } from 'vitest'
import { frameHeader, helloBytes, ownHello } from '../../daemon/capture/exact/service-protocol.ts'
import {
  createDesk,
  greeted,
  type Heard,
  hear,
  messageOf,
  OWN_UID,
  socketFolder,
  until,
} from './capture-service-scene.ts'

const desk = createDesk()
const { begun, hearing, later } = desk
afterEach(() => desk.endAll())

describe('the daemon’s end', () => {
  /** Something that listens where the service should, and says `bytes` to whoever comes. */
  const impostor = async (bytes: Uint8Array): Promise<string> => {
    const { folder, remove } = socketFolder()
    later(remove)
    const path = join(folder, 'socket')
    const server = createServer((socket) => {
      socket.on('error', () => undefined)
      socket.write(bytes)
      later(() => socket.destroy())
    })
    server.listen(path)
    await once(server, 'listening')
    later(() => server.close())
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
    later(remove)
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
