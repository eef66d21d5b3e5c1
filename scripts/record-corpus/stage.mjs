/** Runs the recorder in namespaces of its own (stage.sh), and hands over what it tells. */
import { spawn } from 'node:child_process'
import { realpathSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { createInterface } from 'node:readline'

const PROJECT = join(import.meta.dirname, '../..')
const NAMESPACES = ['--net', '--mount', '--pid', '--fork', '--kill-child', '--mount-proc']
const AS_USER = process.getuid?.() === 0 ? [] : ['--user', '--map-root-user']
const NODE = realpathSync(process.execPath)

/** Of the caller's nothing is handed on: his folders are not there. */
const ENVIRONMENT = {
  PATH: '/usr/local/bin:/usr/bin:/bin:/usr/local/sbin:/usr/sbin:/sbin',
  LANG: 'C.UTF-8',
}

/** Where Node is no program of the system's own, its folder is put below /opt. */
const nodeFolder = /^\/usr\/(local\/)?bin\//.test(NODE) ? '' : join(dirname(NODE), '..')

/**
 * @param {{clients: string, tools: string, options: object, keep: (line: object) => void}} request `keep` is given each line.
 * @returns {Promise<{code: number, complaint: string}>} Resolves when all of it has ended.
 */
export function enterStage({ clients, tools, options, keep }) {
  const command = [nodeFolder === '' ? NODE : '/opt/node/bin/node'].concat(
    '/opt/mcp-watch/scripts/record-corpus/inside.mjs',
    JSON.stringify(options),
  )
  const stage = join(import.meta.dirname, 'stage.sh')
  const child = spawn(
    'unshare',
    [...AS_USER, ...NAMESPACES, 'sh', stage, PROJECT, nodeFolder, clients, tools, ...command],
    { env: ENVIRONMENT, stdio: ['pipe', 'pipe', 'pipe'] },
  )
  let complaint = ''
  child.stderr.setEncoding('utf8').on('data', (text) => {
    complaint += text
  })
  child.stdin.on('error', () => {})
  createInterface({ input: child.stdout }).on('line', (line) => keep(JSON.parse(line)))
  return new Promise((resolve, reject) => {
    child.once('error', reject)
    child.once('close', (code) => resolve({ code: code ?? 1, complaint }))
  })
}
