/** Clients that run, each shown by one of the signs that the table knows it by. */
import type { ClientRow } from '../../../shared/clients/row.ts'
import { NAMED_CLIENTS } from '../../../shared/clients/table.ts'
import type { Process } from '../../../shared/model/process.ts'
import { HOME, type Machine, NODE } from './machine.ts'

export type Sign = 'executable' | 'path' | 'package' | 'title'

export interface KnownAs {
  readonly client: ClientRow
  readonly sign: Sign
  readonly value: string
}

/** Every client with every sign of its. */
export const SIGNS: readonly KnownAs[] = NAMED_CLIENTS.flatMap((client) => {
  const { executables, paths, packages, titles } = client.running
  const as = (sign: Sign) => (value: string) => ({ client, sign, value })
  return [
    ...executables.map(as('executable')),
    ...paths.map(as('path')),
    ...packages.map(as('package')),
    ...titles.map(as('title')),
  ]
})

export function startClient(
  machine: Machine,
  parent: Process,
  { sign, value }: KnownAs,
  cwd: string,
): Process {
  const how = { cwd, session: true, stdio: 'terminal' } as const
  switch (sign) {
    case 'executable':
      return machine.spawn(parent, [value], { ...how, executable: `/opt/${value}/${value}` })
    case 'path': {
      const path = `${value.startsWith('/.') ? HOME : '/opt'}${value}${value.endsWith('/') ? 'app' : ''}`
      return machine.spawn(parent, [path], { ...how, executable: path })
    }
    case 'package': {
      const bin = `/usr/local/bin/${value.replace(/^.*\//, '')}`
      machine.install(bin, `/usr/local/lib/node_modules/${value}/cli.js`, {
        ecosystem: 'npm',
        name: value,
        version: '2.0.0',
      })
      return machine.spawn(parent, ['node', bin], { ...how, executable: NODE })
    }
    case 'title':
      return machine.spawn(parent, ['node', `/opt/${value}/cli.js`], {
        ...how,
        executable: NODE,
        title: value,
      })
  }
}
