#!/usr/bin/env node
/**
 * How soon a container of a real Docker is known, compared with its first line of output: by the engine's events alone, and
 * while a command waits for its container. In namespaces of its own, as scripts/record-docker.mjs, and with the same needs.
 *
 * usage: docker-soon.mjs [--docker COMMAND] [--count NUMBER]
 */
import { parseArgs } from 'node:util'
import { SOCKET, startEngine, until } from '../scripts/record-docker/engine.mjs'
import { enterStage } from '../scripts/record-docker/stage.mjs'

const { values } = parseArgs({
  options: {
    docker: { type: 'string', default: 'docker' },
    count: { type: 'string', default: '20' },
    inside: { type: 'boolean', default: false },
  },
})
const BUILT = '../dist/daemon/containers'
/** A source looks again so long after it began to follow; then it knows by events alone. */
const SETTLED_MS = 5_000

if (values.inside) await measure()
else {
  const args = ['--inside', '--docker', values.docker, '--count', values.count]
  const { said, complaint, code } = await enterStage('bench/docker-soon.mjs', args)
  process.stdout.write(code === 0 ? said : complaint)
  process.exitCode = code
}

async function measure() {
  const { ask, followEvents } = await import(`${BUILT}/ask.js`)
  const { createContainerSource } = await import(`${BUILT}/container-source.js`)
  const { eventsPath } = await import(`${BUILT}/questions.js`)
  const { thisKernel } = await import(`${BUILT}/sight.js`)
  const engine = await startEngine(values.docker)
  await engine.makeImage('mcp/fetch', ['mcp-server-fetch'], ['ENTRYPOINT ["mcp-server-fetch"]'])
  const place = { engine: 'docker', path: SOCKET }
  const source = createContainerSource({
    findSockets: async () => ({ sockets: [place], denied: [], elsewhere: [] }),
    ask,
    follow: followEvents,
    kernel: thisKernel(),
    clock: { monotonicMs: () => performance.now() },
    log: { warn: () => undefined },
    uids: new Set(),
  })
  /** By name of the container. */
  const knownAt = new Map()
  const toldAt = new Map()
  source.watch(() => {
    for (const { name, pid } of source.current().all)
      if (pid !== null && !knownAt.has(name)) knownAt.set(name, performance.now())
  })
  followEvents(SOCKET, eventsPath('/v1.41'), {
    opened: () => undefined,
    line: (line) => {
      const { Action, Actor } = JSON.parse(line)
      if (Action === 'start') toldAt.set(Actor.Attributes.name, performance.now())
    },
    ended: () => undefined,
  })
  source.want(true, false)
  await new Promise((resolve) => setTimeout(resolve, SETTLED_MS))

  for (const way of ['by its events', 'while a command waits']) {
    const told = []
    const known = []
    for (let index = 0; index < Number(values.count); index += 1) {
      const name = `${way.replaceAll(' ', '-')}-${index}`
      source.want(true, way === 'while a command waits')
      const running = await engine.open('run', '-i', '--rm', '--name', name, 'mcp/fetch')
      const wroteAt = performance.now()
      const isDone = () => knownAt.has(name) && toldAt.has(name)
      await until(isDone, () => `${name} is known`)
      told.push(toldAt.get(name) - wroteAt)
      known.push(knownAt.get(name) - wroteAt)
      source.want(true, false)
      await running.close()
    }
    process.stdout.write(`${way}: event ${spread(told)}, known ${spread(known)}\n`)
  }
  source.stop()
  await engine.stop()
  process.exit(0)
}

function spread(figures) {
  const sorted = figures.toSorted((a, b) => a - b)
  const at = (part) => Math.round(sorted[Math.ceil(part * sorted.length) - 1])
  return `p50 ${at(0.5)} ms, p99 ${at(0.99)} ms (${at(1 / sorted.length)} to ${at(1)})`
}
