/** What runs inside a world: one part, by the brief that is its only argument. Prints the result as a line of JSON. */
import { fileURLToPath } from 'node:url'
import { inPlace, type Place } from '../place.ts'
import { exactObstacle } from './exact/obstacle.ts'
import type { SceneBrief, SceneResult } from './model.ts'
import { foreign, idle, storm } from './parts/around.ts'
import { bytes, closes } from './parts/closes.ts'
import { cost } from './parts/cost.ts'
import { exactFlood, exactIdle } from './parts/exact-around.ts'
import { exactBytes } from './parts/exact-bytes.ts'
import { exactKinds } from './parts/exact-kinds.ts'
import { exactLaps } from './parts/exact-laps.ts'
import { exactLatency } from './parts/exact-latency.ts'
import { exactSource } from './parts/exact-source.ts'
import { busyGrid, idleGrid } from './parts/grid.ts'
import { kinds } from './parts/kinds.ts'

type Part = (brief: SceneBrief, place: Place) => Promise<SceneResult>

const PARTS: Readonly<Record<string, Part>> = {
  'grid-idle': idleGrid,
  'grid-busy': busyGrid,
  kinds,
  closes,
  bytes,
  foreign,
  storm,
  idle,
  cost,
  'exact-kinds': exactKinds,
  'exact-bytes': exactBytes,
  'exact-latency': exactLatency,
  'exact-source': exactSource,
  'exact-flood': exactFlood,
  'exact-laps': exactLaps,
  'exact-idle': exactIdle,
}

const COMPILED = fileURLToPath(new URL('../..', import.meta.url))
const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

const brief = JSON.parse(process.argv[2] ?? '') as SceneBrief
const part = PARTS[brief.part]
if (part === undefined) throw new Error('there is no such part')
const skipped = brief.part.startsWith('exact-') ? await exactObstacle() : null
const result: SceneResult =
  skipped === null
    ? await inPlace(ROOT, COMPILED, (place) => part(brief, place))
    : { figures: [], skipped }
process.stdout.write(`${JSON.stringify(result)}\n`, () => process.exit(0))
