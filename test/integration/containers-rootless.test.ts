/** Real containers of a user who is not root, in a user namespace: nobody's service, and no control groups. */
import { spawnSync } from 'node:child_process'
import {
  chownSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { lookOnce } from '../../daemon/containers/container-source.ts'
import { isSleep, noSocket, packSleep, podmanObstacle, RUNC } from './containers-sleep.ts'

const missing = podmanObstacle()

/** Of nobody's: an account is not needed for a storage of one's own and a mapping of one user. */
const USER = 61_234

describe.skipIf(missing !== null)(`containers without root (${missing ?? 'run here'})`, () => {
  let folder: string
  const as = ['--reuid', String(USER), '--regid', String(USER), '--clear-groups', 'podman']
  const asUser = (...args: string[]) => {
    const options = ['--storage-driver=vfs', `--runtime=${RUNC}`, '--cgroup-manager=cgroupfs']
    const env = { PATH: process.env['PATH'], HOME: folder, XDG_RUNTIME_DIR: folder }
    return spawnSync('setpriv', [...as, ...options, '--events-backend=file', ...args], {
      cwd: folder,
      encoding: 'utf8',
      env,
      timeout: 60_000,
    })
  }

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'mcpw-'))
    chownSync(folder, USER, USER)
  })
  afterAll(() => {
    asUser('rm', '--all', '--force', '--time=0')
    endPause(join(folder, 'libpod/tmp/pause.pid'))
    // conmon's last command may still be writing when `rm` has answered.
    rmSync(folder, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 })
  })

  it('are found by their monitors', async (context) => {
    const archive = join(folder, 'image.tar')
    packSleep(join(folder, 'image'), archive)
    const imported = asUser('import', archive, 'mcpw-a-sleep')
    if (imported.status !== 0) context.skip('Podman cannot make an image without root here')
    const limits = ['--ulimit=nofile=1024:1024', '--ulimit=nproc=1000:1000', '--network=none']
    const ran = asUser('run', '-d', ...limits, 'mcpw-a-sleep', realpathSync('/bin/sleep'), '999')
    const id = ran.stdout.trim()
    expect(id, ran.stderr).toMatch(/^[0-9a-f]{64}$/)
    const { all } = await lookOnce({ ...noSocket(), uids: new Set([USER]) })
    const found = all.find((each) => each.id === id)
    expect(found).toMatchObject({
      image: 'localhost/mcpw-a-sleep:latest',
      command: [realpathSync('/bin/sleep'), '999'],
      running: true,
    })
    expect(isSleep(found)).toBe(true)
    expect(statSync(`/proc/${found?.pid}`).uid).toBe(USER)
  })
})

/** Podman keeps a user namespace by a process that does nothing (podman-system-migrate(1)). */
function endPause(file: string): void {
  const pid = existsSync(file) ? Number(readFileSync(file, 'utf8').trim()) : 0
  if (pid > 1 && statSync(`/proc/${pid}`, { throwIfNoEntry: false })?.uid === USER)
    process.kill(pid)
}
