/**
 * `npm run bench`: what watching costs, beside plain tools of the same run. All of it happens in private namespaces, on
 * processes of its own, and ends by itself.
 *
 *   npm run bench -- [cpu] [memory] [start] [match] [discover] [tick] [--json] [--seconds 20] [--minutes 1] [--terminal]
 *     [--engine NAME]
 *
 * Without names it measures all. `--seconds` is how long each processor figure is taken for, `--minutes` how long
 * memory is watched (ten for the bar, thirty for growth); `--terminal` leaves out Node's flags of a service.
 * `--engine` is for memory alone; without it the daemon chooses.
 * Exit code 1: a bar was missed.
 */
import { cpus } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { parseArgs } from 'node:util'
import { ENGINE_NAMES } from '../shared/model/observation.ts'
import { type Figure, figureLine, isKept } from './figure.ts'
import { measureCpu } from './measure-cpu.ts'
import { measureDiscover } from './measure-discover.ts'
import { measureMatch } from './measure-match.ts'
import { measureMemory } from './measure-memory.ts'
import { measureStart } from './measure-start.ts'
import { measureTick } from './measure-tick.ts'
import { runInside } from './namespaces.ts'
import { inPlace, type Place } from './place.ts'

const SCENES = ['match', 'discover', 'start', 'tick', 'cpu', 'memory'] as const
type Scene = (typeof SCENES)[number]

const COMPILED = fileURLToPath(new URL('..', import.meta.url))
const ROOT = join(COMPILED, '..')

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    inside: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
    seconds: { type: 'string', default: '20' },
    minutes: { type: 'string', default: '1' },
    terminal: { type: 'boolean', default: false },
    engine: { type: 'string', default: '' },
  },
})

if (values.inside) await measureAll()
else {
  const self = fileURLToPath(import.meta.url)
  process.exitCode = await runInside([self, '--inside', ...process.argv.slice(2)])
}

async function measureAll(): Promise<void> {
  const wanted = SCENES.filter((scene) => positionals.length === 0 || positionals.includes(scene))
  const all: Figure[] = []
  if (!values.json) process.stdout.write(`${machine()}\n`)
  for (const scene of wanted) {
    for (const figure of await inPlace(ROOT, COMPILED, (place) => measure(scene, place))) {
      all.push(figure)
      if (!values.json) process.stdout.write(`${figureLine(figure)}\n`)
    }
  }
  if (values.json) process.stdout.write(`${JSON.stringify({ machine: machine(), figures: all })}\n`)
  process.exit(all.every(isKept) ? 0 : 1)
}

async function measure(scene: Scene, place: Place): Promise<readonly Figure[]> {
  switch (scene) {
    case 'match':
      return measureMatch()
    case 'discover':
      return measureDiscover(place)
    case 'start':
      return await measureStart(place)
    case 'tick':
      return await measureTick(place, Number(values.seconds))
    case 'cpu':
      return await measureCpu(place, Number(values.seconds))
    case 'memory':
      return await measureMemory(place, {
        minutes: Number(values.minutes),
        asService: !values.terminal,
        engine: ENGINE_NAMES.find((name) => name === values.engine) ?? null,
      })
  }
}

function machine(): string {
  const [first] = cpus()
  return `${process.platform} ${process.arch}, ${cpus().length} × ${first?.model.trim()}, Node ${process.versions.node}`
}
