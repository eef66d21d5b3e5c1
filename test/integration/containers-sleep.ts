/** What the tests with real containers share: an image with one program, sleep(1). */
import { execFileSync, spawnSync } from 'node:child_process'
import { cpSync, existsSync, mkdirSync, realpathSync, statSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { ask, followEvents } from '../../daemon/containers/ask.ts'
import type { ContainerSourceDeps } from '../../daemon/containers/container-source.ts'
import { thisKernel } from '../../daemon/containers/sight.ts'
import type { Container } from '../../shared/model/container.ts'

export const RUNC = '/usr/sbin/runc'

/** Null when containers can be run here, else why not. */
export function podmanObstacle(): string | null {
  if (process.getuid?.() !== 0) return 'needs root'
  if (spawnSync('podman', ['--version']).status !== 0) return 'needs podman'
  return existsSync(RUNC) ? null : 'needs runc'
}
/** An image with one program. */
export function packSleep(root: string, archive: string): void {
  const sleep = realpathSync('/bin/sleep')
  const listed = execFileSync('ldd', [sleep], { encoding: 'utf8' })
  for (const path of [sleep, ...(listed.match(/\/\S+/g) ?? [])]) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    cpSync(realpathSync(path), join(root, path))
  }
  // Of a user who has one user id only, everything has to be root's inside.
  execFileSync('tar', ['--owner=0', '--group=0', '-C', root, '-cf', archive, '.'])
}

export function noSocket(): Omit<ContainerSourceDeps, 'uids'> {
  return {
    findSockets: async () => await Promise.resolve({ sockets: [], denied: [], elsewhere: [] }),
    ask,
    follow: followEvents,
    kernel: thisKernel(),
    clock: { monotonicMs: () => performance.now() },
    log: { warn: () => undefined },
  }
}

/** Its first process is the image's program, by the file and not by a name. */
export function isSleep(container: Container | undefined): boolean {
  if (container?.pid === undefined || container.pid === null) return false
  const running = statSync(`/proc/${container.pid}/exe`)
  return running.size === statSync(realpathSync('/bin/sleep')).size
}
