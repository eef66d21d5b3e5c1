/** How a listener that was told of is remembered: by running copy and port. */
import type { InstanceId } from '../../shared/model/ids.ts'
import type { Memory } from '../../shared/model/tick.ts'

export function exposedKey(instance: InstanceId, port: number): string {
  return `${instance} ${port}`
}

/** Those that an earlier run has counted: a copy that runs on is not counted again. */
export function exposedBefore({ findings, openInstances }: Memory): ReadonlySet<string> {
  return new Set(
    findings
      .filter(({ kind }) => kind === 'exposed-listener')
      .flatMap(({ serverId, destination }) =>
        openInstances
          .filter(({ serverIds }) => serverIds.includes(serverId))
          .map(({ id }) => exposedKey(id, destination?.port ?? 0)),
      ),
  )
}
