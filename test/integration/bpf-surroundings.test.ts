/** Where the kernel's programs are loaded, and where that is refused although, or because, the kernel would. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { findTool } from '../../daemon/capture/run-tool.ts'
import { type Built, build, startBpfChild, type Told } from './bpf-built.ts'
import { whyNot } from './bpf-source.ts'

const onLinux = process.platform === 'linux'
const isRoot = process.getuid?.() === 0
const why = onLinux ? (isRoot ? await whyNot() : 'this is not root') : 'this is not Linux'
const canSetpriv = onLinux && findTool('setpriv') !== null
const [NOBODY, ALL] = ['65534', ['bpf', 'net_admin', 'perfmon']]

let built: Built
beforeAll(() => {
  built = build()
})
afterAll(() => built.remove())

async function ask(...prefix: string[]): Promise<Told | null> {
  const child = await startBpfChild(built, prefix)
  child.process.stdin.end()
  await child.exited
  return child.told
}

/** A plain user with these capabilities and no other. */
function withCapabilities(names: readonly string[]): string[] {
  const list = ['-all', ...names.map((name) => `+${name}`)].join(',')
  const user = ['--reuid', NOBODY, '--regid', NOBODY, '--clear-groups']
  return ['setpriv', ...user, '--inh-caps', list, '--ambient-caps', list]
}

describe.skipIf(why !== null)(`programs that load (${why ?? 'as root'})`, () => {
  it.each([
    ['process numbers', '-pf', 'inner-pid-namespace'],
    ['control groups', '-C', 'inner-cgroup-namespace'],
    ['users', '-Ur', 'inner-user-namespace'],
  ])('are not used with %s of one’s own', async (_name, flags, reason) => {
    const mount = flags === '-pf' ? ['--mount-proc'] : []
    const told = await ask('unshare', flags, ...mount)
    // Null: there are no such namespaces to have; those of users can be turned off by themselves.
    if (told !== null || flags !== '-Ur')
      expect(told).toMatchObject({ refusal: { reason, failures: [] } })
  })

  it('are used in a network namespace of one’s own: they see all', async () => {
    expect(await ask('unshare', '-n')).toEqual({ variant: 'full' })
  })

  it.skipIf(!canSetpriv)('are used by a plain user with three capabilities', async () => {
    expect(await ask(...withCapabilities(ALL))).toEqual({ variant: 'full' })
  })

  it.skipIf(!canSetpriv)('are used with CAP_SYS_ADMIN in their place', async () => {
    expect(await ask(...withCapabilities(['sys_admin']))).toEqual({ variant: 'full' })
  })

  it.skipIf(!canSetpriv).each(ALL)('are refused without %s, which is named', async (missing) => {
    const told = await ask(...withCapabilities(ALL.filter((name) => name !== missing)))
    expect(told?.refusal).toMatchObject({
      reason: 'capabilities-missing',
      sentence: `Exact capture lacks CAP_${missing.toUpperCase()}.`,
    })
  })
})

describe.skipIf(!onLinux)('programs of a plain user', () => {
  it.skipIf(isRoot && !canSetpriv)('are refused, with what is missing', async () => {
    const told = isRoot ? await ask(...withCapabilities([])) : await ask()
    expect(told?.refusal).toMatchObject({
      reason: expect.stringMatching(/^(capabilities-missing|inner-|no-cgroup2)/),
      failures: [],
    })
    if (told?.refusal?.reason === 'capabilities-missing') {
      expect(told.refusal.sentence).toBe('Exact capture lacks CAP_BPF, CAP_NET_ADMIN, CAP_PERFMON.')
    }
  })
})
