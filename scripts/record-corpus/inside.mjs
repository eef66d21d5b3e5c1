/**
 * Records inside of stage.sh's namespaces: one line of JSON a case, `{id, case}`, or `{id, failed}` and `{id, leftOut}` with why.
 * usage: inside.mjs OPTIONS, where OPTIONS is JSON: {seed, only: {scenario, launcher, client, id}}, or {seed, sample: NUMBER} for
 * so many cases drawn by chance.
 */
import { installedClients } from './client.mjs'
import { recordCase } from './director.mjs'
import { loadLaunchers, missingNeed } from './launcher.mjs'
import { planOf, sampleOf } from './scenario.mjs'
import { scenePath } from './scene.mjs'
import { chance } from './servers.mjs'

const ATTEMPTS = 2
const { seed, sample, only = {} } = JSON.parse(process.argv[2] ?? '{}')
const say = (line) => process.stdout.write(`${JSON.stringify(line)}\n`)

// The first of its pid namespace: the kernel ends all others with it.
process.stdin.on('close', () => process.exit(1)).resume()
for (const signal of ['SIGINT', 'SIGTERM']) process.on(signal, () => process.exit(1))

const clients = installedClients()
const all = await loadLaunchers()
const jobs = sample === undefined ? planned() : drawn()

function planned() {
  return planOf(all, clients).filter(
    ({ scenario, launcher, client, id }) =>
      fits(only.scenario, scenario.id) &&
      fits(only.launcher, launcher.id) &&
      fits(only.client, client.id) &&
      fits(only.id, id),
  )
}

/** With the launchers that are there. */
function drawn() {
  const here = [...all].filter(([, launcher]) => missingNeed(launcher, scenePath) === null)
  return sampleOf(new Map(here), clients, chance(seed), sample)
}

function fits(wanted, id) {
  return wanted === undefined || wanted.split(',').includes(id)
}

/** Letters to a number (FNV-1a), so that a case draws the same whatever else is recorded. */
function hashOf(text) {
  return [...text].reduce(
    (hash, letter) => Math.imul(hash ^ letter.charCodeAt(0), 0x01000193),
    0x811c9dc5,
  )
}

async function record(job) {
  const missing = missingNeed(job.launcher, scenePath)
  if (missing !== null) return { leftOut: `${job.launcher.id} needs ${missing}` }
  for (let attempt = 1; ; attempt += 1) {
    try {
      return { case: await recordCase({ ...job, clients, seed: hashOf(job.id) ^ seed }) }
    } catch (error) {
      if (attempt === ATTEMPTS) return { failed: String(error.stack ?? error) }
    }
  }
}

for (const job of jobs) say({ id: job.id, ...(await record(job)) })
process.exit(0)
