import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs'
import { createServer } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { ask } from '../../../daemon/containers/ask.ts'
import { createContainerSource, lookOnce } from '../../../daemon/containers/container-source.ts'
import { findSockets } from '../../../daemon/containers/find-sockets.ts'
import { waitFor } from '../../helpers/wait-for.ts'
import { FETCH, HOW_MANY, inspected, listed } from './recorded.ts'
import { recordedKernel, type StandInEngine, sourceDeps, standInEngine } from './stand-in-engine.ts'

let engine: StandInEngine
beforeEach(async () => {
  engine = await standInEngine()
})
afterEach(async () => await engine.close())

const listedFetch = () => listed().find(({ Id }: { readonly Id: string }) => Id === FETCH)
const look = async () => await lookOnce(sourceDeps(engine.socket))

describe('an engine that means no good', () => {
  it('is silent where it answers without end', async () => {
    engine.routes.set('/containers/json', (response) => {
      const chunk = Buffer.alloc(256 * 1024, ' ')
      const more = (): void => {
        while (!response.destroyed && response.write(chunk));
      }
      response.on('drain', more)
      more()
    })
    const { all, engines } = await look()
    expect([all.length, engines[0]?.state]).toEqual([0, 'silent'])
  })

  it('is silent where its answer drips in', async () => {
    engine.routes.set('/version', (response) => {
      const timer = setInterval(() => response.write(' '), 20)
      response.on('close', () => clearInterval(timer))
    })
    const begun = performance.now()
    const { engines } = await look()
    expect(engines[0]?.state).toBe('silent')
    expect(performance.now() - begun).toBeLessThan(4_000)
  })

  it.each([
    [
      'changes the protocol',
      'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n',
    ],
    ['hangs up', null],
    ['speaks another protocol', 'SSH-2.0-x\r\n'],
    ['tells of its length and no more', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n'],
    ['is cut off', 'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{'],
  ])('is silent where it %s, and hides no other', async (_, text) => {
    const bad = `${engine.socket}.bad`
    const server = createServer((connection) => {
      connection.on('error', () => undefined).resume()
      if (text === null || text.endsWith('{')) connection.end(text ?? '')
      else connection.write(text)
    })
    await new Promise<void>((resolve) => server.listen(bad, resolve))
    const sockets = [bad, engine.socket].map((path) => ({ engine: 'docker', path }) as const)
    const both = async () => await Promise.resolve({ sockets, denied: [], elsewhere: [] })
    const source = createContainerSource(sourceDeps('', { findSockets: both }))
    try {
      const { all, engines } = await lookOnce(sourceDeps('', { findSockets: both }))
      expect(engines.map(({ state }) => state)).toEqual(['silent', 'answers'])
      expect(all).toHaveLength(HOW_MANY)
      source.want(true, false)
      const known = (): boolean => source.current().all.length === HOW_MANY
      await waitFor(known, { what: 'the other', deadlineMs: 5_000 })
      const lists = (): number => engine.asked.filter((each) => /containers.json/.test(each)).length
      const listed = lists()
      source.want(true, true)
      // It is asked again and again, whatever the bad one does meanwhile.
      await waitFor(() => lists() >= listed + 3, { what: 'three more lists', deadlineMs: 5_000 })
    } finally {
      source.stop()
      await new Promise((resolve) => server.close(resolve))
    }
  })

  it('leaves what others told where it never ends', async () => {
    const sockets = [engine.socket, '/never'].map((path) => ({ engine: 'docker', path }) as const)
    const { all, engines } = await lookOnce(
      sourceDeps('', {
        findSockets: async () => await Promise.resolve({ sockets, denied: [], elsewhere: [] }),
        ask: async (socket, ...rest) =>
          socket === '/never' ? await new Promise(() => undefined) : await ask(socket, ...rest),
      }),
      1_000,
    )
    expect(all).toHaveLength(HOW_MANY)
    expect(engines.map(({ state }) => state)).toEqual(['answers', 'silent'])
  })

  it.each(['', '[', 'null', '"x"', '{}', '[[]]', '{"ApiVersion":"../../x"}', '{"ApiVersion":147}'])(
    'is silent where its version is %j',
    async (text) => {
      engine.routes.set('/version', text)
      const { engines } = await look()
      expect(engines[0]?.state).toBe('silent')
      expect(engine.asked).toEqual(['GET /version'])
    },
  )

  it('loses only what is wrong', async () => {
    const first = listedFetch()
    const wrong = [
      null,
      7,
      {},
      { ...first, Id: '../../version' },
      { ...first, Id: 'A1'.repeat(32) },
    ]
    engine.routes.set('/containers/json', JSON.stringify([...wrong, first, first]))
    const { all } = await look()
    expect(all.map(({ id }) => id)).toEqual([FETCH])
    // Once, though it was listed twice.
    expect(engine.asked.filter((each) => each.includes(FETCH))).toHaveLength(1)
  })

  it.each([
    ['another number', { Id: 'e5'.repeat(32) }],
    ['a name that is none', { Name: '/\u001b[31mred' }],
    ['a time that is none', { Created: 'yesterday' }],
    ['a command that is none', { Config: { Image: 'x', Cmd: 'sh' } }],
    [
      'more labels than anybody gives',
      { Config: { Image: 'x', Labels: { a: 'b'.repeat(70_000) } } },
    ],
  ])('is not believed with %s', async (_, changes) => {
    const changed = { ...inspected('fetch'), ...changes }
    engine.routes.set(`/containers/${FETCH}/json`, JSON.stringify(changed))
    const { all } = await look()
    expect(all.map(({ id }) => id)).not.toContain(FETCH)
  })

  it('is cut short at a thousand containers, those that run first', async () => {
    const ended = inspected('time')
    const ids = Array.from({ length: 10_000 }, (_, index) => index.toString(16).padStart(64, '0'))
    const first = listedFetch()
    const many = ids.map((Id, Created) => ({
      Id,
      Names: [`/c${Created}`],
      Created,
      State: 'exited',
    }))
    engine.routes.set('/containers/json', JSON.stringify([...many, { ...first, Created: 0 }]))
    for (const Id of ids)
      engine.routes.set(`/containers/${Id}/json`, JSON.stringify({ ...ended, Id }))
    const warned: object[] = []
    const log = { warn: (fields: object) => void warned.push(fields) }
    const { all } = await lookOnce(sourceDeps(engine.socket, { log }), 40_000)
    expect(all).toHaveLength(1000)
    expect(all.map(({ id }) => id)).toContain(FETCH)
    expect(all.map(({ id }) => id)).toContain(ids.at(-1))
    expect(warned).toEqual([{ listed: 10_001, most: 1000 }])
  })

  it('may refuse us, or be gone', async () => {
    const refused = await lookOnce(
      sourceDeps(engine.socket, { ask: async () => await Promise.resolve({ kind: 'denied' }) }),
    )
    expect(refused.engines[0]?.state).toBe('denied')
    const gone = await lookOnce(sourceDeps(`${engine.socket}.gone`))
    expect(gone.engines).toEqual([])
  })

  it('cannot make init its container', async () => {
    const fetch = inspected('fetch')
    const State = { ...fetch.State, Pid: 1 }
    engine.routes.set(`/containers/${FETCH}/json`, JSON.stringify({ ...fetch, State }))
    const kernel = recordedKernel(new Map([[1, FETCH]]))
    const { all } = await lookOnce(sourceDeps(engine.socket, { kernel }))
    expect(all.find(({ id }) => id === FETCH)?.pid).toBeNull()
  })
})

describe('sockets', () => {
  const folders: string[] = []
  afterEach(() => {
    for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true })
  })
  const folder = (): string => {
    const made = mkdtempSync(join(tmpdir(), 'mcpw-'))
    folders.push(made)
    return made
  }
  const own = new Set([process.getuid?.() ?? 0])
  const sockets = (...paths: string[]) => ({
    sockets: paths.map((path) => ({ engine: 'docker', path }) as const),
    elsewhere: [],
  })

  it('are not folders, nor what is not there', async () => {
    const made = folder()
    const found = await findSockets(sockets(made, join(made, 'none'), engine.socket), own)
    expect(found.sockets.map(({ path }) => path)).toEqual([engine.socket])
    expect(found.denied).toEqual([])
  })

  it('are asked once, by whatever links, and not of other users', async () => {
    const link = join(folder(), 'link')
    symlinkSync(engine.socket, link)
    const found = await findSockets(sockets(link, engine.socket), own)
    expect(found.sockets.map(({ path }) => path)).toEqual([link])
    const others = new Set([(process.getuid?.() ?? 0) + 1])
    expect((await findSockets(sockets(link), others)).sockets).toEqual([])
  })

  it.skipIf(process.getuid?.() === 0)(
    'are not known to be there in a folder that is shut (root enters it)',
    async () => {
      const shut = join(folder(), 'shut')
      mkdirSync(shut, { mode: 0o000 })
      const found = await findSockets(sockets(join(shut, 'engine.sock')), own)
      expect(found.denied.map(({ path }) => path)).toEqual([join(shut, 'engine.sock')])
    },
  )
})
