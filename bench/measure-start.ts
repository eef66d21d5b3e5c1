/** How long it takes from the start of the program until its API answers, with a database that is there already. */
import { startDaemon } from './daemon.ts'
import type { Figure } from './figure.ts'
import type { Place } from './place.ts'
import { createWorkload } from './workload.ts'

const STARTS = 5
const BAR_MS = 1_500

export async function measureStart({ source, home, mainPath }: Place): Promise<readonly Figure[]> {
  const workload = await createWorkload(source, home)
  const servers = await workload.startServers({ churnMs: 0, tour: false })
  const times: number[] = []
  try {
    for (let start = 0; start < STARTS; start += 1) {
      const daemon = await startDaemon({ home, mainPath, engine: 'ss', asService: true })
      times.push(daemon.listeningMs)
      await daemon.stop()
    }
  } finally {
    await servers.stop()
    await workload.stop()
  }
  const note = `the slowest of ${STARTS}: ${times.map((ms) => ms.toFixed(0)).join(', ')}`
  const value = Math.max(...times)
  return [{ name: 'listening after', value, unit: 'ms', note, atMost: BAR_MS }]
}
