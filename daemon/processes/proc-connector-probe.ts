/** What the process connector is tried with: a child that does nothing, and where we run. */
import { spawn } from 'node:child_process'
import { readlinkSync } from 'node:fs'
import { release } from 'node:os'
import type { Surroundings } from './proc-connector-refusal.ts'

/** Starts a shell that ends at once, so that its fork can be waited for; null when none can be started. */
export function spawnProbe(): number | null {
  try {
    const child = spawn('/bin/sh', ['-c', ':'], { stdio: 'ignore', env: {}, cwd: '/' })
    child.on('error', () => undefined)
    child.unref()
    return child.pid ?? null
  } catch {
    return null
  }
}

/** Of this process; `procRoot` for tests. */
export function surroundings(procRoot = '/proc'): Surroundings {
  return {
    pidNamespace: namespaceOf(procRoot, 'pid'),
    userNamespace: namespaceOf(procRoot, 'user'),
    kernelRelease: release(),
  }
}

function namespaceOf(procRoot: string, kind: 'pid' | 'user'): string | null {
  try {
    return readlinkSync(`${procRoot}/self/ns/${kind}`)
  } catch {
    return null
  }
}
