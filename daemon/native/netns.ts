/** Short visits to other network namespaces (setns(2), network_namespaces(7)). */
import { closeSync, openSync, writeSync } from 'node:fs'
import { checked, type Libc } from './libc.ts'
import { nativeFault } from './native.ts'

const CLONE_NEWNET = 0x4000_0000
/** Of the thread that asks: setns(2) moves one thread, and only the first one's is behind /proc/self. */
const OWN = '/proc/thread-self/ns/net'

/** `end` is called when the way back fails; it must not return. */
export function createInNetns(
  libc: Libc,
  end: () => never = endProcess,
): <T>(path: string, make: () => T) => T {
  return (path, make) => {
    const own = open(OWN)
    try {
      // Entering asks for rights over the target, coming back for rights over our own namespace, which root of a
      // user namespace may lack: a step on the spot tells before it is too late.
      checked(libc, 'setns', () => libc.setns(own, CLONE_NEWNET))
      const target = open(path)
      try {
        checked(libc, 'setns', () => libc.setns(target, CLONE_NEWNET))
      } finally {
        closeSync(target)
      }
      try {
        return make()
      } finally {
        if (!cameBack(libc, own)) end()
      }
    } finally {
      closeSync(own)
    }
  }
}

function cameBack(libc: Libc, own: number): boolean {
  try {
    return checked(libc, 'setns', () => libc.setns(own, CLONE_NEWNET)) === 0
  } catch {
    return false
  }
}

function open(path: string): number {
  try {
    return openSync(path, 'r')
  } catch (error) {
    throw nativeFault('open', (error as NodeJS.ErrnoException).code ?? 'EIO')
  }
}

function endProcess(): never {
  writeSync(2, 'mcp-watch: cannot return from another network namespace; ending.\n')
  process.kill(process.pid, 'SIGKILL')
  throw nativeFault('setns', 'EPERM')
}
