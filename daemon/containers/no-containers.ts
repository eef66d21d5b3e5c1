/** Where no engine is to be asked. */
import { NO_CONTAINERS } from '../../shared/model/container.ts'
import type { ContainerSource } from '../ports.ts'

export const noContainers: ContainerSource = {
  current: () => NO_CONTAINERS,
  want: () => undefined,
  watch: () => undefined,
  stop: () => undefined,
}
