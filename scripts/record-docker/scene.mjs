/** What is played: the ways in which clients make containers, and what happens to these. */
import { mkdirSync, readFileSync } from 'node:fs'
import { until, words } from './engine.mjs'

/** Put into environments, where it must not be found again in what is written. */
export const SECRET = 'made-up-secret-7f3a'

const HOME = '/home/ada'
const FETCH = `
  run -i --rm --cidfile ${HOME}/fetch.cid -e FETCH_TOKEN=${SECRET}
  -v ${HOME}/notes:/notes:ro -v fetch-cache:/cache --tmpfs /scratch
  --mount type=bind,source=${HOME}/data,target=/data
  -p 127.0.0.1:18000:8000 -p 18001:8001 -p 15353:5353/udp --expose 9000
  --label docker-mcp=true --label docker-mcp-name=fetch
  mcp/fetch --user-agent x
`
/** As `docker compose` does it. */
const COMPOSE = `
  run -d -i --name notes-fetch-1 --network notes_default -p 7000 -e TOKEN=${SECRET}
  --label com.docker.compose.project=notes --label com.docker.compose.service=fetch
  --label com.docker.compose.container-number=1 --label com.docker.compose.oneoff=False
  mcp/fetch
`
const IDLE = '--entrypoint sleep mcp/time 600'

export async function makeImages({ makeImage }) {
  const env = `ENV PATH=/usr/bin:/bin IMAGE_TOKEN=${SECRET}`
  await makeImage('mcp/fetch', ['mcp-server-fetch'], [env, 'ENTRYPOINT ["mcp-server-fetch"]'])
  const own = ['ENTRYPOINT ["mcp-server-time"]', 'CMD ["--utc"]', 'LABEL org.example.of=image']
  await makeImage('mcp/time', ['mcp-server-time'], [env, ...own])
}

/**
 * @returns {Promise<{ids: Record<string, string>, end: () => Promise<void>}>} The containers that there are then; `end` has
 *   the client of the first one end it.
 */
export async function play(engine) {
  for (const folder of ['notes', 'data']) mkdirSync(`${HOME}/${folder}`)
  const docker = (line) => engine.docker(...words(line))
  const open = (line) => engine.open(...words(line))
  const read = (id, field) => docker(`inspect --format {{${field}}} ${id}`)
  const ids = {}

  const fetch = await open(FETCH)
  ids.fetch = readFileSync(`${HOME}/fetch.cid`, 'utf8')

  const cidFile = `${HOME}/time.cid`
  const time = await open(`run -i --network none --cidfile ${cidFile} -e TOKEN=${SECRET} mcp/time`)
  await time.close()
  ids.time = readFileSync(cidFile, 'utf8')

  const name = (await read(ids.fetch, '.Name')).slice(1)
  ids.side = await docker(`run -d --network container:${name} ${IDLE}`)

  await open('run -i --network host --name host-1 mcp/time:latest --local')
  ids.host = await read('host-1', '.Id')

  ids.renamed = await docker(`run -d --name before ${IDLE}`)
  await docker('restart --time 0 before')
  await docker('rename before after')

  const health = '--health-cmd true --health-interval 1s'
  ids.checked = await docker(`run -d --init --name checked ${health} ${IDLE}`)
  await until(
    async () => (await read('checked', '.State.Health.Status')) === 'healthy',
    () => 'the health check',
  )

  ids.paused = await docker(`run -d --name paused --network none ${IDLE}`)
  await docker('pause paused')
  ids.created = await docker('create --name created mcp/fetch')

  await docker('network create notes_default')
  ids.compose = await docker(COMPOSE)
  return { ids, end: () => fetch.close() }
}
