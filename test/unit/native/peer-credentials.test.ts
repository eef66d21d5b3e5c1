import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { expect, it } from 'vitest'
import { loadNative } from '../../../daemon/native/load.ts'
import { isNativeFault, type Native } from '../../../daemon/native/native.ts'

const onLinux = process.platform === 'linux'

async function native(): Promise<Native> {
  const loaded = await loadNative()
  if (!loaded.ok) throw new Error(loaded.reason, { cause: loaded.cause })
  return loaded.native
}

/** Node keeps the descriptor to itself. */
function fdOf(handle: unknown): number {
  const fd = (handle as { _handle: { fd: number } })._handle.fd
  expect(fd).toBeGreaterThan(2)
  return fd
}

function errnoOf(run: () => unknown): string {
  try {
    run()
  } catch (error) {
    return isNativeFault(error) ? error.errno : String(error)
  }
  return 'none'
}

it.skipIf(!onLinux)('tells who connected, also when that process has ended', async () => {
  const library = await native()
  const address = `\0mcp-watch-peer-${process.pid}`
  const server = createServer({ pauseOnConnect: true }).listen(address)
  await once(server, 'listening')
  const script = `require('net').connect(${JSON.stringify(address)}, () => process.exit())`
  const child = spawn(process.execPath, ['-e', script], { stdio: 'inherit' })
  const [[socket]] = (await Promise.all([once(server, 'connection'), once(child, 'exit')])) as [
    [Socket],
    unknown,
  ]
  const who = library.peerCredentials(fdOf(socket))
  socket.destroy()
  server.close()
  expect(who).toEqual({ pid: child.pid, uid: process.getuid?.(), gid: process.getgid?.() })
})

it.skipIf(!onLinux)('has no peer for what is no Unix socket', async () => {
  const library = await native()
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  expect(errnoOf(() => library.peerCredentials(fdOf(server)))).toBe('EINVAL')
  server.close()
  expect(errnoOf(() => library.peerCredentials(-1))).toBe('EBADF')
})
