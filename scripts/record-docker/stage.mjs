/** Runs a script of this project in namespaces of its own (stage.sh), and hands over what it says. */
import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'

const PROJECT = join(import.meta.dirname, '../..')
const PLACES = join(PROJECT, 'scripts/record-corpus/stage.sh')
const INSIDE = '/opt/mcp-watch'
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
const NODE = realpathSync(process.execPath)
const LIMIT_MS = 300_000

/** Of the caller's nothing is handed on: Docker's command takes hosts, contexts and proxies from it. */
const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
  LANG: 'C.UTF-8',
  HOME: '/home/ada',
}

/** Where Node is no program of the system's own, its folder is put below /opt. */
const nodeFolder = /^\/usr\/(local\/)?bin\//.test(NODE) ? '' : join(dirname(NODE), '..')
const node = nodeFolder === '' ? NODE : '/opt/node/bin/node'

/**
 * @param {string} script Its path in the project.
 * @returns {Promise<{said: string, complaint: string, code: number}>} Resolves when all of it has ended.
 */
export function enterStage(script, args) {
  const stage = `${INSIDE}/scripts/record-docker/stage.sh`
  const command = ['sh', stage, node, `${INSIDE}/${script}`, ...args]
  const child = spawn(
    'unshare',
    [...NAMESPACES, 'sh', PLACES, PROJECT, nodeFolder, '', '', ...command],
    { env: ENVIRONMENT, timeout: LIMIT_MS, killSignal: 'SIGKILL' },
  )
  const texts = { stdout: '', stderr: '' }
  for (const name of ['stdout', 'stderr'])
    child[name].setEncoding('utf8').on('data', (text) => {
      texts[name] += text
    })
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) =>
      resolve({ said: texts.stdout, complaint: texts.stderr, code: code ?? 1 }),
    )
  })
}
