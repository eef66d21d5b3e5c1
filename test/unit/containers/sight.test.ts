import { realpathSync } from 'node:fs'
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import {
  bearsNumber,
  type Kernel,
  type Program,
  sightOf,
  thisKernel,
  userOf,
} from '../../../daemon/containers/sight.ts'
import { groupsOf, idOf, pidOf, processOf, SCENES } from './recorded.ts'

const ID = 'ab'.repeat(32)
const kernel = (
  files: Readonly<Record<string, string>>,
  program: Program | null = null,
): Kernel => ({
  isLinux: true,
  release: '6.1.0',
  read: (path) => ({ '/proc/1/cgroup': '0::/init.scope\n', ...files })[path] ?? null,
  isAlive: () => true,
  program: () => program,
})

describe('the control groups of a container', () => {
  it.each([
    ['Docker, as recorded with cgroupfs and both versions of control groups', groupsOf(ID)],
    ['Docker with systemd', `0::/system.slice/docker-${ID}.scope\n`],
    [
      'rootless Docker',
      `0::/user.slice/user-1000.slice/user@1000.service/user.slice/docker-${ID}.scope\n`,
    ],
    ['Podman', `3:cpu:/\n0::/libpod_parent/libpod-${ID}\n`],
    [
      'rootless Podman',
      `0::/user.slice/user-1000.slice/user@1000.service/user.slice/libpod-${ID}.scope/container\n`,
    ],
    ['another one’s child, seen from inside', `0::/../../docker-${ID}.scope\n`],
  ])('bear its number: %s', (_, groups) => {
    expect(sightOf(kernel({ '/proc/42/cgroup': groups }), ID, 42)).toBe('own')
  })

  it.each([
    ['another number', `0::/docker/${'cd'.repeat(32)}\n`],
    ['a longer one', `0::/docker/${ID}ab\n`],
    ['a part', `0::/docker/${ID.slice(0, 12)}\n`],
    ['none', '0::/user.slice/session-1.scope\n'],
  ])('of somebody else bear %s', (_, groups) => {
    expect(sightOf(kernel({ '/proc/42/cgroup': groups }), ID, 42)).toBe('none')
  })

  it('bear a number only by itself', () => {
    const hex = fc.string({ unit: fc.constantFrom(...'0123456789abcdef'), maxLength: 4 })
    fc.assert(
      fc.property(hex, hex, (before, after) => {
        expect(bearsNumber(`0::/x-${before}${ID}${after}.scope`, ID)).toBe(before + after === '')
      }),
    )
  })
})

describe('a container without control groups of its own', () => {
  const stat = '42 (a) b) (c) S 7 42 42 0 -1 4194560 1 0'
  const below = (cmdline: string, ids = '0\t0\t0\t0', program: Program | null = null): Kernel =>
    kernel(
      {
        '/proc/42/cgroup': '0::/\n',
        '/proc/42/stat': stat,
        '/proc/7/cmdline': cmdline,
        '/proc/7/status': `Name:\tx\nUid:\t${ids}\nGid:\t0\t0\t0\t0\n`,
      },
      program,
    )
  const conmon = `/usr/bin/conmon\0-c\0${ID}\0`
  const ada = '1000\t1000\t1000\t1000'
  const packaged: Program = { path: '/usr/bin/conmon', uid: 0, mode: 0o100755 }

  it('is below a user’s monitor where that is a file of root’s', () => {
    expect(sightOf(below(conmon, ada, packaged), ID, 42)).toBe('own')
    const replaced = { ...packaged, path: '/usr/bin/conmon (deleted)' }
    expect(sightOf(below(conmon, ada, replaced), ID, 42)).toBe('own')
  })

  it.each<[string, string, Program | null]>([
    ['a copy of the user’s', ada, { ...packaged, uid: 1000 }],
    ['a file that others may write', ada, { ...packaged, mode: 0o100775 }],
    ['another program of root’s', ada, { ...packaged, path: '/usr/bin/node' }],
    ['one that hides what it runs', ada, null],
    ['a setuid program', '1000\t0\t0\t0', null],
  ])('is not below what calls itself conmon: %s', (_, ids, program) => {
    expect(sightOf(below(conmon, ids, program), ID, 42)).toBe('none')
  })

  it('is below a monitor that has its number', () => {
    expect(sightOf(below(`/usr/bin/conmon\0-c\0${ID}\0-n\0x\0`), ID, 42)).toBe('own')
  })

  it.each(SCENES.filter((scene) => processOf(scene) !== null))(
    'is below the monitor that Docker started: %s, as recorded',
    (scene) => {
      const { stat = '', parent } = processOf(scene) ?? {}
      const monitor = /\) \S (\d+) /.exec(stat)?.[1]
      const files = {
        [`/proc/${pidOf(scene)}/cgroup`]: '0::/\n',
        [`/proc/${pidOf(scene)}/stat`]: stat,
        [`/proc/${monitor}/cmdline`]: parent?.cmdline ?? '',
        [`/proc/${monitor}/status`]: `Name:\t${parent?.comm}${parent?.uids}\n`,
      }
      expect(sightOf(kernel(files), idOf(scene), pidOf(scene))).toBe('own')
      expect(sightOf(kernel(files), ID, pidOf(scene))).toBe('none')
    },
  )

  it.each([
    ['another container’s', `/usr/bin/conmon\0-c\0${'cd'.repeat(32)}\0`],
    ['one that is none', `/usr/bin/cat\0${ID}\0`],
    ['one that only says so', `sh\0-c\0conmon ${ID}\0`],
  ])('is not below %s', (_, cmdline) => {
    expect(sightOf(below(cmdline), ID, 42)).toBe('none')
  })
})

describe.skipIf(process.platform !== 'linux')('this kernel (needs /proc)', () => {
  it('shows its own processes, and that a pid is nobody’s', () => {
    const real = thisKernel()
    expect(real.read('/proc/self/stat')).toMatch(/^\d+ \(/)
    expect(real.read('/proc/4194305/stat')).toBeNull()
    expect(real.isAlive(process.pid)).toBe(true)
    expect(real.isAlive(1)).toBe(true)
    // Above the most that pid_max can be (proc_sys_kernel(5)).
    expect(real.isAlive(4_194_305)).toBe(false)
    expect(sightOf(real, ID, process.pid)).toBe('none')
    expect(userOf(real, process.pid)).toBe(process.getuid?.())
    expect(real.program(process.pid)?.path).toBe(realpathSync(process.execPath))
  })
})
