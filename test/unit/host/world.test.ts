import {
  appendFileSync,
  chownSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it, onTestFinished } from 'vitest'
import { asUser, asUserNow, type Identity } from '../../../daemon/host/as-user.ts'
import { foldersOf, prepareStateFolder } from '../../../daemon/host/folders.ts'
import { readSalt } from '../../../daemon/host/salt.ts'
import { type LookUpUser, thisWorld, type User, worldOf } from '../../../daemon/host/world.ts'

const ada: User = { uid: 1000, gid: 100, name: 'ada', home: '/home/ada' }
const lookUp: LookUpUser = (uid) => (uid === ada.uid ? ada : null)
const never: LookUpUser = () => {
  throw new Error('nobody was to be looked up')
}
const root = (env: Record<string, string>) => ({ euid: 0, env, home: '/root' })

describe('whose home is watched', () => {
  it('is that of the user who typed sudo', () => {
    const world = worldOf(root({ SUDO_UID: '1000', HOME: '/root', PATH: '/bin' }), lookUp)
    expect(world).toMatchObject({ home: '/home/ada', owner: ada })
    expect(world.notice).toContain('ada')
    expect(world.env).toMatchObject({ PATH: '/bin', HOME: '/home/ada' })
  })

  it('is a full name, also where HOME is none', () => {
    const before = process.env['HOME']
    onTestFinished(() => {
      process.env['HOME'] = before
    })
    for (const home of ['', '.', 'ada']) {
      process.env['HOME'] = home
      expect(thisWorld().home).toMatch(/^\//)
    }
  })

  it("leaves root's own folders out, and keeps those that sudo -E passed on", () => {
    const env = { SUDO_UID: '1000', XDG_STATE_HOME: '/x', CLAUDE_CONFIG_DIR: '/x' }
    const roots = worldOf(root({ ...env, HOME: '/root' }), lookUp)
    expect(foldersOf(roots.env, roots.home)).toEqual({
      home: '/home/ada',
      state: '/home/ada/.local/state/mcp-watch',
      runtime: '/run/user/1000',
    })
    expect(roots.env).not.toHaveProperty('CLAUDE_CONFIG_DIR')
    const kept = worldOf(root({ ...env, HOME: '/home/ada' }), lookUp)
    expect(foldersOf(kept.env, kept.home).state).toBe('/x/mcp-watch')
  })

  it.each(['', '0', '-1', '1e3', '1000 ', '0x3e8', '4294967295', '99999999999'])(
    "is root's own where SUDO_UID is %j",
    (SUDO_UID) => {
      const env = { SUDO_UID }
      expect(worldOf(root(env), never)).toEqual({ env, home: '/root', owner: null, notice: null })
    },
  )

  it('is not for a plain user to choose by a variable', () => {
    const self = { euid: 1001, env: { SUDO_UID: '1000' }, home: '/home/eve' }
    expect(worldOf(self, never)).toMatchObject({ home: '/home/eve', owner: null })
  })

  it("is root's, and that is said, where the user is not known", () => {
    const world = worldOf(root({ SUDO_UID: '1001' }), lookUp)
    expect(world).toMatchObject({ home: '/root', owner: null })
    expect(world.notice).toContain('1001')
  })

  it('is this process’ own without sudo', () => {
    expect(thisWorld().env['PATH']).toBe(process.env['PATH'])
  })
})

describe('acting as the user', () => {
  it('sets groups, then group, then user, and goes back the other way, also after a failure', async () => {
    const steps: string[] = []
    const identity: Identity = {
      getegid: () => 0,
      getgroups: () => [0, 27],
      setgroups: (groups) => void steps.push(`groups ${groups.join()}`),
      setegid: (gid) => void steps.push(`group ${gid}`),
      seteuid: (uid) => void steps.push(`user ${uid}`),
    }
    const fails = asUser(ada, () => Promise.reject(new Error('no')), identity)
    await expect(fails).rejects.toThrow('no')
    const there = ['groups 100', 'group 100', 'user 1000']
    expect(steps).toEqual([...there, 'user 0', 'group 0', 'groups 0,27'])
    expect(await asUser(null, () => 1, identity)).toBe(1)
    expect(steps).toHaveLength(6)
    expect(asUserNow(ada, () => steps.length, identity)).toBe(9)
    expect(steps.slice(6)).toEqual(steps.slice(0, 6))
  })

  it.skipIf(process.geteuid?.() !== 0)(
    'makes files that are theirs, and cannot be led to files of the system (needs root)',
    async () => {
      const base = mkdtempSync(join(tmpdir(), 'mcpw-sudo-'))
      onTestFinished(() => rmSync(base, { recursive: true, force: true }))
      const nobody = { uid: 65_534, gid: 65_534, name: 'nobody', home: join(base, 'home') }
      const systemFile = join(base, 'shadow')
      writeFileSync(systemFile, 'secret', { mode: 0o600 })
      const world = worldOf(root({ SUDO_UID: '65534' }), () => nobody)
      chownSync(base, nobody.uid, nobody.gid)

      const { state } = foldersOf(world.env, world.home)
      const link = join(state, 'log')
      await asUser(world.owner, () => {
        prepareStateFolder(state, nobody.uid)
        readSalt(state)
        symlinkSync(systemFile, link)
        expect(() => appendFileSync(link, 'x')).toThrow(/EACCES/)
      })
      expect(readFileSync(systemFile, 'utf8')).toBe('secret')
      const made = [world.home, join(world.home, '.local'), state, join(state, 'salt')]
      for (const path of made) {
        expect(statSync(path), path).toMatchObject({ uid: nobody.uid, gid: nobody.gid })
      }
      expect(process.geteuid?.()).toBe(0)
      expect(process.getegid?.()).toBe(0)
    },
  )

  it.skipIf(process.geteuid?.() !== 0)('knows real users (needs root)', () => {
    const before = { ...process.env }
    onTestFinished(() => {
      process.env = before
    })
    process.env['SUDO_UID'] = '65534'
    const { owner } = thisWorld()
    expect(owner).toMatchObject({ uid: 65_534, name: 'nobody' })
    expect(process.geteuid?.()).toBe(0)
  })
})
