/**
 * What a client is to the recorder: a program of the folder given by --clients, whose own command writes its configuration
 * and whose own start makes the tree.
 * @typedef {object} Client
 * @property {string} id Of shared/clients.
 * @property {string} bin Its command.
 * @property {readonly string[]} files Where its configuration is, below the home.
 * @property {readonly string[]} [keep] Keys of a JSON configuration that matter; the rest may hold identities. By default all.
 * @property {(entry: {name: string, command: string, args: readonly string[]}) => readonly string[]} add
 * @property {readonly string[]} start
 * @property {Record<string, string>} [env]
 * @property {(scene: object) => Promise<void>} [before] What its user would have answered or set.
 */
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { CLIENTS } from './clients/terminals.mjs'

const BIN = '/opt/clients/bin'
const ATTEMPTS = 2

/** Those that are installed. */
export const installedClients = () => CLIENTS.filter(({ bin }) => existsSync(join(BIN, bin)))

/** Has the client write the entry, and looks whether it did. @param {Client} client */
export async function addEntry(scene, client, entry) {
  await client.before?.(scene)
  for (let attempt = 1; ; attempt += 1) {
    try {
      await scene.run(client.bin, client.add(entry), { env: client.env })
      break
    } catch (error) {
      if (attempt === ATTEMPTS) throw error
    }
  }
  const text = configuration(client)
    .map((file) => file.text)
    .join('')
  const lost = [entry.name, entry.command, ...entry.args].filter(
    (word) => !text.includes(JSON.stringify(word).slice(1, -1)),
  )
  if (lost.length > 0) throw new Error(`${client.id} did not write ${lost.join(' ')}: ${text}`)
}

/** @param {Client} client */
export const startClient = (scene, client, options = {}) =>
  scene.start(client.bin, client.start, { env: client.env, stdin: 'ignore', ...options })

/** Its configuration as it is now, without what is no concern of the case. @param {Client} client */
export function configuration(client) {
  return client.files
    .filter((path) => existsSync(join('/home/ada', path)))
    .map((path) => ({ path: `~/${path}`, text: kept(join('/home/ada', path), client.keep) }))
}

function kept(path, keys) {
  const text = readFileSync(path, 'utf8')
  if (keys === undefined) return text
  const whole = JSON.parse(text)
  const part = Object.fromEntries(
    keys.filter((key) => key in whole).map((key) => [key, whole[key]]),
  )
  return `${JSON.stringify(part, null, 2)}\n`
}

/** What it says of its version: the last number of its own package. @param {Client} client */
export async function versionOf(scene, client) {
  const said = await scene.run(client.bin, ['--version'], { env: client.env })
  return /\d+\.\d+\.\d+[\w.-]*/.exec(said)?.[0] ?? 'unknown'
}
