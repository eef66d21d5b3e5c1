/** Records inside of stage.sh's namespaces: one JSON value on standard output. usage: inside.mjs COMMAND */
import { readFileSync } from 'node:fs'
import { request } from 'node:http'
import { SOCKET, startEngine, until } from './engine.mjs'
import { makeImages, play, SECRET } from './scene.mjs'

const BUILT = '/opt/mcp-watch/dist/daemon/containers'
const { ask } = await import(`${BUILT}/ask.js`)
const { lookOnce } = await import(`${BUILT}/container-source.js`)
const { eventsPath } = await import(`${BUILT}/questions.js`)
const { thisKernel } = await import(`${BUILT}/sight.js`)

/** Everything that is asked in one look, by path. */
async function answersNow() {
  const answers = {}
  await lookOnce({
    findSockets: async () => ({
      sockets: [{ engine: 'docker', path: SOCKET }],
      denied: [],
      elsewhere: [],
    }),
    ask: async (socket, path, maxBytes) => {
      const answer = await ask(socket, path, maxBytes)
      if (answer.status !== 200) throw new Error(`${path}: ${JSON.stringify(answer)}`)
      answers[path] = JSON.parse(answer.body)
      return answer
    },
    follow: () => ({ stop: () => undefined }),
    kernel: thisKernel(),
    clock: { monotonicMs: () => performance.now() },
    log: { warn: () => undefined },
    uids: new Set(),
  })
  return answers
}

/** Chunk by chunk, as they come. */
async function followChunks(path) {
  const chunks = []
  await new Promise((resolve, reject) => {
    const asked = request({ socketPath: SOCKET, path, agent: false })
    asked.on('response', (response) => {
      response.setEncoding('utf8').on('data', (chunk) => chunks.push(chunk))
      resolve()
    })
    asked.on('error', reject)
    asked.end()
  })
  return chunks
}

const proc = (pid, name) => readFileSync(`/proc/${pid}/${name}`, 'utf8')

/** The first process of a container and its parent, as far as `sightOf` may read them. */
function processOf(pid) {
  const stat = proc(pid, 'stat')
  const parent = stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]
  return {
    cgroup: proc(pid, 'cgroup'),
    stat,
    parent: {
      comm: proc(parent, 'comm'),
      cmdline: proc(parent, 'cmdline'),
      uids: /^Uid:.*$/m.exec(proc(parent, 'status'))?.[0],
    },
  }
}

const engine = await startEngine(process.argv[2])
await makeImages(engine)
const { Version: version, ApiVersion } = (await answersNow())['/version']
const followed = await followChunks(eventsPath(`/v${ApiVersion}`))
const { ids, end } = await play(engine)
const answers = await answersNow()
const containers = Object.entries(ids).map(([name, id]) => {
  const { Pid } = answers[`/v${ApiVersion}/containers/${id}/json`].State
  return [name, { id, process: Pid === 0 ? null : processOf(Pid) }]
})
await end()
await until(
  () => followed.join('').includes('"destroy"'),
  () => 'the last event',
)
const chunks = [...followed]
const client = await engine.docker('version', '--format', '{{.Client.Version}}')
await engine.docker('unpause', ids.paused)
await engine.docker('kill', ...(await engine.docker('ps', '--quiet')).split('\n'))
await engine.stop()
const recorded = { version, client, secret: SECRET, containers, answers, chunks }
process.stdout.write(JSON.stringify(recorded), () => process.exit(0))
