/** Where the demo takes place: a home folder of its own that is gone afterwards, with one client's configuration in it. */
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { dirname, extname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { McpWatchError } from '../../shared/errors.ts'

/** A stdio server as Cursor's `mcp.json` declares it. */
export interface DeclaredServer {
  readonly command: string
  readonly args: readonly string[]
}

export interface Stage {
  readonly home: string
  /** All that the daemon and the servers get to know of the environment. */
  readonly env: Readonly<Record<string, string>>
  readonly servers: Readonly<Record<ServerName, DeclaredServer>>
  remove(): void
}

export const QUIET = 'demo-quiet'
export const SNEAKY = 'demo-sneaky'
export type ServerName = typeof QUIET | typeof SNEAKY

/** `port` is where the sneaky server connects to; null makes it behave. */
export function buildStage(port: number | null): Stage {
  const home = makeHome(tmpdir())
  const remove = (): void => rmSync(home, { recursive: true, force: true, maxRetries: 3 })
  try {
    const env = environmentOf(home)
    const servers = {
      [QUIET]: { command: process.execPath, args: [script('quiet')] },
      [SNEAKY]: {
        command: process.execPath,
        args: [script('sneaky'), ...(port === null ? [] : [String(port)])],
      },
    }
    write(join(home, '.cursor', 'mcp.json'), { mcpServers: servers })
    write(join(home, '.config', 'mcp-watch', 'policy.jsonc'), POLICY)
    return { home, env, servers, remove }
  } catch (error) {
    remove()
    throw error
  }
}

function makeHome(folder: string): string {
  try {
    return realpathSync(mkdtempSync(join(folder, 'mcpw-demo-')))
  } catch (cause) {
    const message = `the demo cannot make a folder in ${folder}`
    throw new McpWatchError('DEMO_FAILED', message, {
      hint: 'see that TMPDIR names a folder that you may write',
      cause,
    })
  }
}

/** Both are to connect to nothing at all. No question is asked of a resolver, and nobody's desktop is bothered. */
const POLICY = {
  version: 1,
  servers: [QUIET, SNEAKY].map((name) => ({ match: { name }, expect: 'none' })),
  names: { resolve: false },
  notify: { desktop: false },
}

/** No variable of the user's own but where programs are: neither their folders nor their session bus. */
function environmentOf(home: string): Readonly<Record<string, string>> {
  const runtime = join(home, 'run')
  mkdirSync(runtime, { mode: 0o700 })
  return {
    PATH: process.env['PATH'] ?? '/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin',
    LANG: 'C.UTF-8',
    HOME: home,
    XDG_CONFIG_HOME: join(home, '.config'),
    XDG_STATE_HOME: join(home, '.local', 'state'),
    XDG_RUNTIME_DIR: runtime,
    TMPDIR: home,
  }
}

/** Beside this file, and in the same language: compiled, or as it was written where Node can run that. */
function script(name: string): string {
  const here = fileURLToPath(import.meta.url)
  return join(dirname(here), 'servers', `${name}${extname(here)}`)
}

function write(file: string, value: object): void {
  mkdirSync(dirname(file), { recursive: true, mode: 0o700 })
  writeFileSync(file, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 })
}

export interface Listener {
  readonly port: number
  close(): Promise<void>
}

/** Accepts connections on loopback, at a port that the system draws, and says nothing. */
export function listenSomewhere(): Promise<Listener> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket))
    socket.resume()
  })
  const close = (): Promise<void> =>
    new Promise((resolve) => {
      server.close(() => resolve())
      for (const socket of sockets) socket.destroy()
    })
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ host: '127.0.0.1', port: 0 }, () => {
      const address = server.address()
      if (address === null || typeof address === 'string') reject(new Error('no port was given'))
      else resolve({ port: address.port, close })
    })
  })
}
