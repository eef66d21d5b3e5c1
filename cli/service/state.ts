/** What a service manager says of the service, read from its answer. Pure and total. */

export interface ServiceState {
  /** `unknown`: the manager did not answer as expected. */
  readonly active: 'running' | 'starting' | 'stopped' | 'failed' | 'unknown'
  /** Null where it is not known. */
  readonly startsByItself: boolean | null
  readonly pid: number | null
  /** Since it was started by hand or at login; null where it is not known. */
  readonly restarts: number | null
  /** The manager's own word for how it ended last, as `watchdog` or `exit-code`; null when well or not known. */
  readonly trouble: string | null
}

const UNKNOWN: ServiceState = {
  active: 'unknown',
  startsByItself: null,
  pid: null,
  restarts: null,
  trouble: null,
}

/** `systemctl show --property=…`: lines of `Name=value`. */
export function parseSystemdState(stdout: string, code: number | null): ServiceState {
  if (code !== 0) return UNKNOWN
  const values = new Map<string, string>()
  for (const line of stdout.split('\n')) {
    const at = line.indexOf('=')
    if (at > 0) values.set(line.slice(0, at), line.slice(at + 1))
  }
  const result = values.get('Result') ?? 'success'
  return {
    active: activeOf(values.get('ActiveState') ?? ''),
    startsByItself: startsByItself(values.get('UnitFileState') ?? ''),
    pid: positive(values.get('MainPID')),
    restarts: count(values.get('NRestarts')),
    trouble: result === 'success' || !/^[a-z-]{1,40}$/.test(result) ? null : result,
  }
}

function activeOf(state: string): ServiceState['active'] {
  switch (state) {
    case 'active':
    case 'reloading':
    case 'deactivating':
      return 'running'
    case 'activating':
      return 'starting'
    case 'inactive':
      return 'stopped'
    case 'failed':
      return 'failed'
    default:
      return 'unknown'
  }
}

function startsByItself(state: string): boolean | null {
  if (state === '') return null
  return state === 'enabled' || state === 'enabled-runtime'
}

/** `launchctl print`: made for people, so only what has been there for long is looked for. 113: there is no such service. */
export function parseLaunchdState(stdout: string, code: number | null): ServiceState {
  if (code === 113) return { ...UNKNOWN, active: 'stopped', startsByItself: false }
  if (code !== 0) return UNKNOWN
  const value = (name: string): string | undefined =>
    new RegExp(`^\\s*${name} = (.{1,200})$`, 'm').exec(stdout)?.[1]
  const pid = positive(value('pid'))
  const exit = value('last exit code')
  const failed = exit !== undefined && /^[1-9]\d*\b/.test(exit)
  return {
    active: pid !== null ? 'running' : failed ? 'failed' : 'stopped',
    startsByItself: true,
    pid,
    restarts: null,
    trouble: failed && pid === null ? 'exit-code' : null,
  }
}

function count(text: string | undefined): number | null {
  return text !== undefined && /^\d{1,15}$/.test(text) ? Number(text) : null
}

function positive(text: string | undefined): number | null {
  const number = count(text)
  return number === null || number === 0 ? null : number
}
