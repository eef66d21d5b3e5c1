/**
 * What a scenario is: what happens in a scene, and with which launchers and clients it is played. One module each kind below
 * `scenarios/`.
 * @typedef {object} Scenario
 * @property {string} id
 * @property {string} [difficulty] By default that of the launcher.
 * @property {string} [client] The running client of the case, where it is another than the one that declares: `none`.
 * @property {(launchers: readonly string[], clients: readonly string[]) => readonly (readonly [string, string])[]} cells
 *   Launcher and client each, by id.
 * @property {(stage: object) => Promise<{about: string, expected?: object[], missed?: string}>} play
 *   What it does with the stage of director.mjs; without `expected` it follows from the servers that reported themselves.
 */
import { DECOYS } from './scenarios/decoys.mjs'
import { DISGUISES } from './scenarios/disguises.mjs'
import { ORPHANS } from './scenarios/orphans.mjs'
import { PLAIN } from './scenarios/plain.mjs'
import { TWINS } from './scenarios/twins.mjs'
import { pick } from './servers.mjs'

const SCENARIOS = [...PLAIN, ...TWINS, ...ORPHANS, ...DISGUISES, ...DECOYS]

/** More of the same kind show nothing new. */
const MOST_IN_A_CELL = 3

/**
 * Every case that there is to record, with the name of its file: numbered within its cell, so that it keeps its name whatever
 * else is recorded.
 */
export function planOf(launchers, clients) {
  const counts = new Map()
  const jobs = SCENARIOS.flatMap((scenario) =>
    scenario
      .cells(
        [...launchers.keys()],
        clients.map(({ id }) => id),
      )
      .map((cell) => {
        const [launcher, client] = [
          launchers.get(cell[0]),
          clients.find(({ id }) => id === cell[1]),
        ]
        return { scenario, launcher, client }
      }),
  )
  return jobs
    .filter(({ launcher, client }) => launcher !== undefined && client !== undefined)
    .flatMap((job) => {
      const difficulty = job.scenario.difficulty ?? job.launcher.difficulty ?? 'plain'
      const cell = `${slug(job.launcher.id)}.${job.scenario.client ?? job.client.id}.${difficulty}`
      const number = (counts.get(cell) ?? 0) + 1
      counts.set(cell, number)
      if (number > MOST_IN_A_CELL) return []
      return [{ ...job, id: number === 1 ? cell : `${cell}.${number}` }]
    })
}

/**
 * So many cases by chance: any scenario with any client, by a launcher that the scenario is played with.
 * @param {() => number} random
 */
export function sampleOf(launchers, clients, random, count) {
  return Array.from({ length: count }, () => {
    const scenario = pick(SCENARIOS, random)
    const cells = scenario.cells(
      [...launchers.keys()],
      clients.map(({ id }) => id),
    )
    const usual = cells.map(([id]) => launchers.get(id)).filter((each) => each !== undefined)
    return { scenario, launcher: pick(usual, random), client: pick(clients, random) }
  })
    .filter(({ launcher }) => launcher !== undefined)
    .map((job, index) => ({ ...job, id: `${job.scenario.id}.${index}` }))
}

export const slug = (id) =>
  id
    .replace(/[^a-z0-9]+/gi, '-')
    .replace(/^-|-$/g, '')
    .toLowerCase()
