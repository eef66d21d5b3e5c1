/** How the kernel's refusals are met, with the kernel's part played. */
import { describe, expect, it } from 'vitest'
import { type OwnSource, openOwnSource } from '../../../daemon/capture/bpf/own-source.ts'
import { MAPS } from '../../../daemon/capture/bpf/program-table.ts'
import { type Refusal, refusalOf } from '../../../daemon/capture/bpf/refusal.ts'
import { McpWatchError } from '../../../shared/errors.ts'
import { CONDITIONS, NAMES, openWith, play } from './bpf-played.ts'

function refusalFrom(run: () => unknown): Refusal {
  try {
    run()
  } catch (error) {
    const refusal = refusalOf(error)
    if (refusal === null || !(error instanceof McpWatchError)) throw error
    expect(error).toMatchObject({ code: 'NO_ENGINE', message: refusal.sentence })
    expect(error.hint).toBe(refusal.hint)
    return refusal
  }
  throw new Error('nothing was refused')
}

describe('the kernel’s refusals', () => {
  const STEPS = [
    ...Object.values(MAPS).map(({ name }) => `map ${name}`),
    ...NAMES.map((name) => `program mcpw_${name}`),
    ...NAMES.map((name) => `attach program mcpw_${name} to /cgroup`),
    '/cgroup',
    'ring',
    'wait',
  ]
  const ERRNOS = ['EPERM', 'EACCES', 'EINVAL', 'ENOMEM', 'ENOSYS', 'E524', 'EAGAIN']

  it.each(STEPS)('%s: is said, tried without optional helpers, and leaves nothing open', (step) => {
    for (const errno of ERRNOS) {
      const played = play((each) => (each === step ? errno : undefined))
      const refusal = refusalFrom(() => openWith(played))
      expect(refusal.reason).toBe('kernel-refused')
      expect(refusal.sentence).toContain(errno)
      expect(refusal.hint).not.toBe('')
      expect(refusal.failures.map(({ variant }) => variant)).toEqual(['full', 'basic'])
      expect(refusal.failures.every((each) => each.errno === errno)).toBe(true)
      expect([...played.open.values()]).toEqual([])
    }
  })

  it('of a program come with what the verifier said', () => {
    const refused = play((step) => (step === 'program mcpw_sockops' ? 'EINVAL' : undefined))
    const { failures, sentence } = refusalFrom(() => openWith(refused))
    expect(sentence).toContain('program sockops: EINVAL')
    expect(failures[0]).toEqual({
      variant: 'full',
      step: 'program',
      name: 'sockops',
      errno: 'EINVAL',
      log: 'of mcpw_sockops',
    })
  })

  it('of optional helpers alone cost nothing but those', async () => {
    let isFirst = true
    const played = play((step) => {
      if (step !== 'program mcpw_connect4' || !isFirst) return undefined
      isFirst = false
      return 'EINVAL'
    })
    const source = openWith(played)
    expect(source.variant).toBe('basic')
    await source.stop()
    expect([...played.open.values()]).toEqual([])
  })

  it('for want of locked memory are met once, by raising the limit', async () => {
    let isRaised = false
    const old = play((step) => {
      if (step === 'raise') isRaised = true
      return step === 'map mcpw_ring' && !isRaised ? 'EPERM' : undefined
    })
    const source = openWith(old)
    expect(source.variant).toBe('full')
    await source.stop()
    expect(old.done.filter((step) => step === 'raise')).toHaveLength(1)

    const firm = play((step) => (/raise|mcpw_ring/.test(step) ? 'EPERM' : undefined))
    expect(refusalFrom(() => openWith(firm)).hint).toContain('LimitMEMLOCK')
    expect(firm.done.filter((step) => step === 'raise')).toHaveLength(1)
  })

  it('of attaching name who is in the way', () => {
    const taken = play((step) => (step.startsWith('attach') ? 'EPERM' : undefined))
    expect(refusalFrom(() => openWith(taken)).hint).toContain('another program')
    expect(taken.done).not.toContain('raise')
  })

  it('are not waited for where the programs would not tell the truth', () => {
    const played = play()
    expect(refusalFrom(() => openWith(played, { pidNamespace: 1 })).reason).toBe(
      'inner-pid-namespace',
    )
    expect(refusalFrom(() => openWith(played, { capabilities: 0n })).failures).toEqual([])
    expect(played.done).toEqual([])
    const none = (): OwnSource =>
      openOwnSource(
        { bpf: null },
        { conditions: (machine, isMachineKnown) => ({ ...CONDITIONS, machine, isMachineKnown }) },
      )
    expect(refusalFrom(none).reason).toBe('machine-unknown')
  })
})
