/** A daemon for show: it looks at one throw-away home folder and at nothing else that is configured on this machine. */
import type { Discovery } from '../shared/model/server.ts'
import type { Discoverer } from './ports.ts'

export interface Sandbox {
  /** Stands for the environment of the process. */
  readonly env: Readonly<Record<string, string | undefined>>
  /** The only folder whose configuration counts. */
  readonly home: string
}

/** Leaves out what the machine's own folders and the projects of running clients declare. */
export function onlyBelow(home: string, discoverer: Discoverer): Discoverer {
  const below = ({ file }: { readonly file: string }): boolean => file.startsWith(`${home}/`)
  const confined = ({ servers, files, diagnostics, changedAt }: Discovery): Discovery => ({
    servers: servers.filter(({ source }) => below({ file: source })),
    files: files.filter(below),
    diagnostics: diagnostics.filter(below),
    changedAt,
  })
  return {
    read: () => confined(discoverer.read()),
    watch: (onChange) => discoverer.watch((discovery) => onChange(confined(discovery))),
    setWorkingFolders: () => null,
    stop: () => discoverer.stop(),
  }
}
