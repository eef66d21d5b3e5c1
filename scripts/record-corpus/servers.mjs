/** The servers of a scene: names and arguments drawn by chance, and every shape that a launcher may want one in. */
import { execFileSync } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { HOME } from './scene.mjs'

const FOLDER = join(import.meta.dirname, 'server')
const NOUNS = [
  'notes',
  'weather',
  'ledger',
  'atlas',
  'recipes',
  'tickets',
  'gallery',
  'calendar',
].concat(['inventory', 'garden', 'metrics', 'archive', 'invoices', 'playlist', 'courses', 'maps'])
const SCOPES = ['', '', '@harbor/', '@northwind/', '@lumen-labs/', '@modelcontextprotocol/']
const SHAPES = [
  (noun) => ({ name: `${noun}-mcp`, bin: `${noun}-mcp` }),
  (noun) => ({ name: `mcp-server-${noun}`, bin: `mcp-server-${noun}` }),
  (noun) => ({ name: `server-${noun}`, bin: `mcp-server-${noun}` }),
  (noun) => ({ name: `${noun}-mcp-server`, bin: `${noun}-mcp-server` }),
]
const ARGUMENTS = [
  (noun) => ['--folder', `${HOME}/${noun}`],
  (noun) => [`${HOME}/documents/${noun}`],
  () => ['stdio'],
  () => ['--read-only', '--region=eu-north'],
  (noun) => ['--profile', noun, '--verbose'],
  () => [],
]

/** Numbers in [0, 1) that follow from the seed (mulberry32). */
export function chance(seed) {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
  }
}

export const pick = (list, random) => list[Math.floor(random() * list.length)]

/** A server that is not made yet. `taken` holds the nouns of those that are. */
export function drawServer(random, taken = []) {
  const noun = pick(
    NOUNS.filter((each) => !taken.includes(each)),
    random,
  )
  const { name, bin } = pick(SHAPES, random)(noun)
  const version = `${1 + Math.floor(random() * 3)}.${Math.floor(random() * 12)}.${Math.floor(random() * 9)}`
  return {
    noun,
    name: pick([noun, `my-${noun}`, `${noun}_mcp`], random),
    npm: { name: pick(SCOPES, random) + name, version, bin },
    pypi: { name, version, module: name.replaceAll('-', '_'), script: bin },
    script: `${HOME}/src/${name}/server.mjs`,
    python: `${HOME}/src/${name}/server.py`,
    program: `${HOME}/bin/${bin}`,
    args: pick(ARGUMENTS, random)(noun),
    /** What the server calls itself once it runs; null: nothing. */
    title: null,
  }
}

/** Writes its files into the scene and gives what the registry has to offer of it. */
export async function makeServer(scene, server) {
  const { npm, pypi, title } = server
  const template = (file) =>
    readFileSync(join(FOLDER, file), 'utf8').replace("SELF = ''", `SELF = '${server.noun}'`)
  const script = template('server.mjs').replace('TITLE = null', `TITLE = ${JSON.stringify(title)}`)
  const python = template('server.py')
  await scene.write(server.script, script, 0o755)
  await scene.write(server.python, python, 0o755)
  await scene.write(server.program, programOf(server.noun), 0o755)
  // Two programs, of which npx takes the one with the package's own name.
  const hasOwnName = npm.name.endsWith(npm.bin)
  const bin = { [npm.bin]: 'server.mjs', ...(hasOwnName && { [`${npm.bin}-admin`]: 'admin.mjs' }) }
  const manifest = { name: npm.name, version: npm.version, type: 'module', bin }
  const files = {
    'package/package.json': JSON.stringify(manifest),
    'package/server.mjs': script,
    'package/admin.mjs':
      '#!/usr/bin/env node\nprocess.stdin.resume()\nsetTimeout(() => {}, 90_000)\n',
  }
  return {
    npm: { name: npm.name, version: npm.version, manifest, tarball: pack(files, tarball) },
    pypi: wheelOf(pypi, python),
  }
}

/** Machine code where there is a compiler. */
function programOf(noun) {
  if (!existsSync('/usr/bin/cc'))
    return readFileSync(join(FOLDER, 'server.sh'), 'utf8').replace("self=''", `self='${noun}'`)
  const folder = mkdtempSync(join(tmpdir(), 'server-'))
  const program = join(folder, 'server')
  const self = `-DSELF="${noun}"`
  execFileSync('/usr/bin/cc', ['-O1', self, '-o', program, join(FOLDER, 'server.c')])
  const made = readFileSync(program)
  rmSync(folder, { recursive: true })
  return made
}

/** Makes an archive of `files` (path → text) by `how`, which is given the folder they are in. */
function pack(files, how) {
  const folder = mkdtempSync(join(tmpdir(), 'package-'))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(join(folder, path, '..'), { recursive: true })
    writeFileSync(join(folder, path), text, { mode: 0o755 })
  }
  const made = how(folder)
  rmSync(folder, { recursive: true })
  return made
}

const tarball = (folder) => execFileSync('tar', ['-czf', '-', '-C', folder, 'package'])

/** A wheel (PEP 427) with one module and its entry point; null where no Python can pack it. */
function wheelOf({ name, version, module, script }, python) {
  if (!existsSync('/usr/bin/python3')) return null
  const info = `${module}-${version}.dist-info`
  const files = {
    [`${module}/__init__.py`]: '',
    [`${module}/__main__.py`]: python,
    [`${info}/METADATA`]: `Metadata-Version: 2.1\nName: ${name}\nVersion: ${version}\n`,
    [`${info}/WHEEL`]:
      'Wheel-Version: 1.0\nGenerator: corpus\nRoot-Is-Purelib: true\nTag: py3-none-any\n',
    [`${info}/entry_points.txt`]: `[console_scripts]\n${script} = ${module}.__main__:main\n`,
    [`${info}/RECORD`]: '',
  }
  const file = `${module}-${version}-py3-none-any.whl`
  const wheel = pack(files, (folder) => {
    const archive = join(folder, file)
    execFileSync('/usr/bin/python3', [
      '-m',
      'zipfile',
      '-c',
      archive,
      join(folder, module),
      join(folder, info),
    ])
    return readFileSync(archive)
  })
  return { name, file, wheel }
}
