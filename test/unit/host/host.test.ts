import { execFileSync } from 'node:child_process'
import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  locateDaemon,
  removeDaemonFile,
  writeDaemonFile,
} from '../../../daemon/host/daemon-file.ts'
import {
  createHostFacts,
  loopbackProxyPorts,
  parseNameservers,
} from '../../../daemon/host/facts.ts'
import { foldersOf, prepareStateFolder } from '../../../daemon/host/folders.ts'
import { openLog } from '../../../daemon/host/log.ts'
import { keyedDigest, readSalt } from '../../../daemon/host/salt.ts'
import { takeStateLock } from '../../../daemon/store/lock.ts'
import { McpWatchError } from '../../../shared/errors.ts'

let folder = ''
const uid = process.geteuid?.() ?? 0

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcpw-host-'))
})
afterEach(() => rmSync(folder, { recursive: true, force: true }))

const modeOf = (path: string): number => statSync(path).mode & 0o777

describe('the folders', () => {
  it('follow XDG, and ignore a relative value', () => {
    expect(foldersOf({ XDG_STATE_HOME: '/s', XDG_RUNTIME_DIR: '/r' }, '/h')).toEqual({
      home: '/h',
      state: '/s/mcp-watch',
      runtime: '/r',
    })
    expect(foldersOf({ XDG_STATE_HOME: 'x', XDG_RUNTIME_DIR: '' }, '/h')).toEqual({
      home: '/h',
      state: '/h/.local/state/mcp-watch',
      runtime: null,
    })
  })

  it('the state folder is ours alone; a link is refused', () => {
    const state = join(folder, 'a', 'state')
    prepareStateFolder(state, uid)
    chmodSync(state, 0o755)
    prepareStateFolder(state, uid)
    expect(modeOf(state)).toBe(0o700)
    symlinkSync(state, join(folder, 'link'))
    expect(() => prepareStateFolder(join(folder, 'link'), uid)).toThrow(McpWatchError)
  })
})

describe('odd places', () => {
  it.skipIf(process.platform !== 'linux')('a folder that cannot be made is refused', () => {
    // Below /proc, mkdir(2) answers ENOENT although the parent is there.
    expect(() => prepareStateFolder('/proc/none/state', uid)).toThrow(McpWatchError)
  })

  it('what is no plain file is neither waited for nor written to', () => {
    for (const name of ['salt', 'log', 'daemon.json']) {
      execFileSync('mkfifo', [join(folder, name)])
    }
    expect(() => readSalt(folder)).toThrow(McpWatchError)
    expect(() => openLog(folder)).toThrow(McpWatchError)
    expect(locateDaemon(folder)).toBeNull()
  })
})

describe('the lock', () => {
  it('is held by one at a time', () => {
    const lock = takeStateLock(folder)
    expect(lock).not.toBeNull()
    expect(takeStateLock(folder)).toBeNull()
    lock?.release()
    const again = takeStateLock(folder)
    expect(again).not.toBeNull()
    again?.release()
  })
})

describe('daemon.json', () => {
  const file = {
    pid: process.pid,
    startedAt: '2026-01-01T00:00:00.000Z',
    version: '1.0.0',
    socket: '/run/api.sock',
    port: null,
  }

  it('is found while its process lives', () => {
    expect(locateDaemon(folder)).toBeNull()
    writeDaemonFile(folder, file)
    expect(locateDaemon(folder)).toEqual(file)
    expect(modeOf(join(folder, 'daemon.json'))).toBe(0o600)
    removeDaemonFile(folder)
    expect(locateDaemon(folder)).toBeNull()
    mkdirSync(join(folder, 'daemon.json'))
    expect(() => writeDaemonFile(folder, file)).toThrow(
      expect.objectContaining({ code: 'STATE_FOLDER', hint: expect.stringContaining('move it') }),
    )
    removeDaemonFile(folder)
  })

  it.each(['', '{', '[]', '{"pid":-1}', '{"pid":"1; rm"}'])(
    'bad content %j is no daemon',
    (text) => {
      writeFileSync(join(folder, 'daemon.json'), text)
      expect(locateDaemon(folder)).toBeNull()
    },
  )
})

describe('the salt', () => {
  it('is made once, for its owner alone, and keys the digest', () => {
    const salt = readSalt(folder)
    expect(readSalt(folder).equals(salt)).toBe(true)
    expect(modeOf(join(folder, 'salt'))).toBe(0o600)
    const digest = keyedDigest(salt)
    expect(digest('secret')).toBe(digest('secret'))
    expect(digest('secret')).not.toBe(keyedDigest(Buffer.alloc(32))('secret'))
    expect(digest('secret')).not.toContain('secret')
  })
})

describe('the log', () => {
  it('tells code and message of an error, not what it carries', () => {
    const file = openLog(folder)
    const cause = new Error('SECRET in a cause')
    file.log.warn({ err: new McpWatchError('TOOL_FAILED', 'ss failed', { cause }) }, 'a sample')
    file.close()
    expect(modeOf(file.path)).toBe(0o600)
    const text = readFileSync(file.path, 'utf8')
    expect(JSON.parse(text)).toMatchObject({ err: { code: 'TOOL_FAILED', message: 'ss failed' } })
    expect(text).not.toContain('SECRET')
  })
})

describe('host facts', () => {
  it('reads nameservers and passes the rest over', () => {
    const text =
      '# nameserver 1.1.1.1\nnameserver 127.0.0.53\n nameserver ::FFFF:10.0.0.1 x\nnameserver\nnameserver nonsense\noptions edns0'
    expect([...parseNameservers(text)]).toEqual(['127.0.0.53', '10.0.0.1'])
  })

  it('tells the same addresses while none comes or goes', () => {
    let now = 0
    const clock = { wallMs: () => now, monotonicMs: () => now }
    const facts = createHostFacts({ clock, resolvConf: '/nowhere', env: {} })
    const before = facts.current()
    now += 6_000
    const after = facts.current()
    expect(after).not.toBe(before)
    expect(after.selfAddresses).toBe(before.selfAddresses)
    expect(before.selfAddresses.has('127.0.0.1')).toBe(true)
  })

  it('takes ports of proxies on loopback only', () => {
    const ports = loopbackProxyPorts({
      HTTPS_PROXY: 'http://user:pw@127.0.0.1:3128',
      all_proxy: 'localhost:1080',
      http_proxy: 'http://proxy.example:8080',
      no_proxy: '127.0.0.1:9',
      ALL_PROXY: '::::',
    })
    expect(ports).toEqual(new Set([1080, 3128]))
  })
})
