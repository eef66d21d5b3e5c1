/** Why exact capture cannot be had here, as a sentence; null where it can. */
import { openOwnSource } from '../../../daemon/capture/bpf/own-source.ts'
import { loadNative } from '../../../daemon/native/load.ts'

export async function exactObstacle(): Promise<string | null> {
  const loaded = await loadNative()
  if (!loaded.ok) return `needs the calls of the system: ${loaded.reason}`
  try {
    await openOwnSource(loaded.native).stop()
    return null
  } catch (error) {
    return `needs exact capture: ${(error as Error).message}`
  }
}
