/** The command line of the daemon, the same for every service manager. Pure. */
import { NODE_FLAGS } from '../../shared/node-flags.ts'
import type { ServiceFacts } from './facts.ts'

export function daemonCommand({
  record,
  options,
}: Pick<ServiceFacts, 'record' | 'options'>): readonly [string, ...string[]] {
  const { engine, interval, port } = options
  return [
    record.node,
    ...NODE_FLAGS,
    record.program,
    'start',
    '--background',
    ...(engine === undefined ? [] : ['--engine', engine]),
    ...(interval === undefined ? [] : ['--interval', interval.text]),
    ...(port === undefined ? [] : ['--port', String(port)]),
  ]
}
