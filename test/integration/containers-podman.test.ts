/** Real containers of a real Podman with a storage of its own, by its service's socket and without one. */
import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { existsSync, mkdtempSync, realpathSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import {
  type ContainerSourceDeps,
  createContainerSource,
  lookOnce,
} from '../../daemon/containers/container-source.ts'
import { findSockets } from '../../daemon/containers/find-sockets.ts'
import type { ContainerSource } from '../../daemon/ports.ts'
import type { Container } from '../../shared/model/container.ts'
import { waitFor } from '../helpers/wait-for.ts'
import { isSleep, noSocket, packSleep, podmanObstacle, RUNC } from './containers-sleep.ts'

const missing = podmanObstacle()

describe.skipIf(missing !== null)(`containers of Podman (${missing ?? 'run here'})`, () => {
  let folder: string
  let source: ContainerSource
  let service: ReturnType<typeof spawn>

  const options = (): string[] => [
    `--root=${join(folder, 'root')}`,
    `--runroot=${join(folder, 'run')}`,
    `--tmpdir=${join(folder, 'tmp')}`,
    `--runtime=${RUNC}`,
    '--cgroup-manager=cgroupfs',
  ]
  const podman = (...args: string[]): string =>
    execFileSync('podman', [...options(), ...args], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
      timeout: 60_000,
    }).trim()
  /** Answers the number of a container that sleeps, or does what is said behind the image. */
  const run = (...args: string[]): string =>
    podman('run', '-d', '--ulimit=nofile=1024:1024', '--ulimit=nproc=1000:1000', ...args)
  const socket = (): string => join(folder, 'p.sock')

  const deps = (withService: boolean): ContainerSourceDeps => {
    const sockets = withService ? [{ engine: 'docker', path: socket() } as const] : []
    return {
      ...noSocket(),
      findSockets: async () => await findSockets({ sockets, elsewhere: [] }, new Set([0])),
      uids: new Set([0]),
    }
  }
  const find = (id: string): Container | undefined =>
    source.current().all.find((each) => each.id === id)
  const become = async (
    id: string,
    is: (container: Container | undefined) => boolean,
    what: string,
  ): Promise<void> => {
    await waitFor(() => is(find(id)), { what, deadlineMs: 10_000 })
  }

  beforeAll(async () => {
    folder = mkdtempSync(join(tmpdir(), 'mcpw-'))
    const change = [
      `ENTRYPOINT ["${realpathSync('/bin/sleep')}"]`,
      'CMD ["1000"]',
      'ENV TOKEN=planted-image',
    ]
    const archive = join(folder, 'image.tar')
    packSleep(join(folder, 'image'), archive)
    podman('import', ...change.flatMap((each) => ['--change', each]), archive, 'mcpw-a-sleep')
    const args = [...options(), 'system', 'service', '--time=0', `unix://${socket()}`]
    service = spawn('podman', args, { stdio: 'ignore' })
    await waitFor(() => existsSync(socket()), { what: 'the service', deadlineMs: 20_000 })
    // Its first answer can take longer than an engine is given; that is not what is tested here.
    const first = ['--remote', `--url=unix://${socket()}`, 'version']
    execFileSync('podman', first, { stdio: 'ignore', timeout: 60_000 })
  })

  afterAll(async () => {
    const ended = new Promise((resolve) => service.once('exit', resolve))
    service.kill()
    await ended
    // Overlays are mounted for as long as the storage is; podman unmounts its own folder with it.
    spawnSync('podman', [...options(), 'system', 'reset', '--force'], { timeout: 60_000 })
    spawnSync('umount', [join(folder, 'root/overlay')])
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })

  afterEach(() => {
    source.stop()
    // One whose network another shares is only removed after that.
    const rm = [...options(), 'rm', '--all', '--force', '--time=0']
    spawnSync('podman', rm, { timeout: 60_000 })
    podman(...rm.slice(options().length))
  })

  describe('by the socket of its service', () => {
    beforeEach(() => {
      source = createContainerSource(deps(true))
    })
    const begin = async (): Promise<void> => {
      source.want(true, false)
      await waitFor(() => source.current().engines.length > 0, {
        what: 'an answer',
        deadlineMs: 10_000,
      })
    }

    it('knows a container while it runs, afterwards, and when it runs again', async () => {
      await begin()
      expect(source.current().engines).toEqual([
        { engine: 'podman', place: socket(), state: 'answers' },
      ])
      const cidFile = join(folder, 'cid')
      const asked = ['--label=who=ada', '--name=mcpw-a-one', `--cidfile=${cidFile}`]
      const more = ['--env=TOKEN=planted', '--network=none', '--interactive', '-v', `${folder}:/x`]
      const id = run(...asked, ...more, 'mcpw-a-sleep', '999')
      await become(id, (one) => one?.pid !== undefined && one.pid !== null, 'it runs')
      const first = find(id)
      expect(first).toMatchObject({
        engine: 'podman',
        name: 'mcpw-a-one',
        image: 'localhost/mcpw-a-sleep:latest',
        command: ['999'],
        labels: new Map([['who', 'ada']]),
        mounts: [`${folder}:/x`],
        cidFile,
        interactive: true,
        network: 'none',
        published: [],
        running: true,
      })
      expect(isSleep(first)).toBe(true)
      expect(Math.abs(Date.now() - (first?.createdAt ?? 0))).toBeLessThan(20_000)

      podman('stop', '--time=0', id)
      await become(id, (one) => one?.running === false, 'it ended')
      expect(find(id)?.pid).toBeNull()

      podman('start', id)
      await become(id, (one) => typeof one?.pid === 'number', 'it runs again')
      expect(find(id)?.pid).not.toBe(first?.pid)
      expect(isSleep(find(id))).toBe(true)

      podman('rename', id, 'mcpw-a-two')
      await become(id, (one) => one?.name === 'mcpw-a-two', 'its other name')

      podman('rm', '--force', '--time=0', id)
      await become(id, (one) => one === undefined, 'it is gone')
      rmSync(cidFile, { force: true })
    })

    it('tells the image’s own command from one that was given, and networks apart', async () => {
      const own = run('--network=none', 'mcpw-a-sleep')
      const host = run('--network=host', 'mcpw-a-sleep', '1000')
      const joined = run(`--network=container:${own}`, 'mcpw-a-sleep', '998')
      const { all } = await lookOnce(deps(true))
      const told = (id: string) => all.find((each) => each.id === id)
      expect(told(own)).toMatchObject({ command: [], network: 'shared' })
      expect(told(host)).toMatchObject({ command: [], network: 'host' })
      expect(told(joined)).toMatchObject({ command: ['998'], network: 'shared' })
    })

    it('knows those that ran before it was asked', async () => {
      const id = run('--network=none', 'mcpw-a-sleep')
      await begin()
      await become(id, (one) => typeof one?.pid === 'number', 'it runs')
    })

    it('notices one that is killed from outside', async () => {
      await begin()
      const id = run('--network=none', 'mcpw-a-sleep')
      await become(id, (one) => typeof one?.pid === 'number', 'it runs')
      const pid = find(id)?.pid ?? null
      if (pid === null || !isSleep(find(id))) throw new Error('not ours to kill')
      process.kill(pid, 'SIGKILL')
      await become(id, (one) => one?.running === false && one.pid === null, 'it ended')
    })
  })

  describe('without a socket', () => {
    beforeEach(() => {
      source = createContainerSource(deps(false))
    })

    it('finds a container that is waited for, by its monitor', async () => {
      source.want(true, false)
      const cidFile = join(folder, 'cid')
      const asked = ['--name=mcpw-a-one', '--network=host', `--cidfile=${cidFile}`]
      const id = run(...asked, '--env=TOKEN=planted', 'mcpw-a-sleep', '999')
      source.want(true, true)
      await become(id, (one) => typeof one?.pid === 'number', 'it runs')
      expect(source.current().engines).toEqual([])
      expect(find(id)).toMatchObject({
        engine: 'podman',
        name: 'mcpw-a-one',
        image: 'localhost/mcpw-a-sleep:latest',
        command: ['999'],
        cidFile,
        interactive: false,
        network: 'host',
        running: true,
      })
      expect(isSleep(find(id))).toBe(true)
      expect(JSON.stringify(find(id))).not.toContain('planted')
      const pid = find(id)?.pid

      // Nobody tells of that: its first process has gone, and another one is looked for.
      podman('restart', '--time=0', id)
      await become(id, (one) => typeof one?.pid === 'number' && one.pid !== pid, 'it runs again')
      podman('rm', '--force', '--time=0', id)
      await become(id, (one) => one === undefined, 'it is gone')
      rmSync(cidFile, { force: true })
    })

    it('knows whose network is shared', async () => {
      const own = run('--network=none', 'mcpw-a-sleep')
      const joined = run(`--network=container:${own}`, 'mcpw-a-sleep')
      const { all } = await lookOnce(deps(false))
      const networks = [own, joined].map((id) => all.find((each) => each.id === id)?.network)
      expect(networks).toEqual(['shared', 'shared'])
    })

    it('believes no monitor of a user that is not asked for', async () => {
      const id = run('--network=none', 'mcpw-a-sleep')
      const { all } = await lookOnce({ ...deps(false), uids: new Set([65_534]) })
      expect(all.map((each) => each.id)).not.toContain(id)
    })
  })
})
