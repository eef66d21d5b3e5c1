/** The processes above another one. Pure. */
import type { Process } from '../../shared/model/process.ts'

/** Longest chain that is followed: a table read while processes come and go may hold a loop. */
const MAX_CHAIN = 256

/** The parent first. */
export function* processesAbove(
  scene: { parentOf(process: Process): Process | null },
  process: Process,
): Generator<Process, void> {
  let above = scene.parentOf(process)
  for (let level = 0; above !== null && level < MAX_CHAIN; level += 1) {
    yield above
    above = scene.parentOf(above)
  }
}
