import { describe, expect, it } from 'vitest'
import { parseLaunchdState, parseSystemdState } from '../../../cli/service/state.ts'

const show = (values: Record<string, string>): string =>
  Object.entries(values)
    .map(([name, value]) => `${name}=${value}\n`)
    .join('')

describe('the state that systemd tells', () => {
  it('of a service that runs', () => {
    const answer = show({
      Result: 'success',
      MainPID: '69',
      NRestarts: '2',
      StatusText: 'watching=1',
      ActiveState: 'active',
      UnitFileState: 'enabled',
    })
    expect(parseSystemdState(answer, 0)).toEqual({
      active: 'running',
      startsByItself: true,
      pid: 69,
      restarts: 2,
      trouble: null,
    })
  })

  it('of one that its watchdog ended for good', () => {
    const answer = show({ Result: 'watchdog', MainPID: '0', ActiveState: 'failed' })
    expect(parseSystemdState(answer, 0)).toMatchObject({
      active: 'failed',
      pid: null,
      trouble: 'watchdog',
    })
  })

  it('of one between two starts', () => {
    expect(parseSystemdState('ActiveState=activating\n', 0).active).toBe('starting')
  })

  it.each([
    ['', 0],
    ['ActiveState=active\n', 1],
    ['ActiveState=\u001b[31m\nMainPID=x\nResult=\u001b]0;a\u0007\n', 0],
  ])('of none, where it does not answer as expected: %j', (answer, code) => {
    expect(parseSystemdState(answer, code)).toMatchObject({
      active: 'unknown',
      pid: null,
      trouble: null,
    })
  })
})

describe('the state that launchd tells', () => {
  const print = (lines: string): string => `gui/501/local.mcp-watch = {\n${lines}\n}\n`

  it('of an agent that runs', () => {
    const answer = print('\tstate = running\n\n\tprogram = /usr/bin/node\n\tpid = 812')
    expect(parseLaunchdState(answer, 0)).toMatchObject({ active: 'running', pid: 812 })
  })

  it('of one that ended with an error', () => {
    const answer = print('\tstate = not running\n\tlast exit code = 4: operation failed')
    expect(parseLaunchdState(answer, 0)).toMatchObject({ active: 'failed', trouble: 'exit-code' })
  })

  it('of one that was asked to end', () => {
    expect(parseLaunchdState(print('\tlast exit code = 0'), 0).active).toBe('stopped')
  })

  it('of none', () => {
    expect(parseLaunchdState('', 113).active).toBe('stopped')
    expect(parseLaunchdState('', 1).active).toBe('unknown')
  })
})
