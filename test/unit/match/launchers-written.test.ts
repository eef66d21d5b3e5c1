/** Entries as people write them, with what the discoverer keeps of them: what runs is found although secrets are left out. */
import { describe, expect, it } from 'vitest'
import { draftLaunch } from '../../../daemon/discover/launch.ts'
import type { Process } from '../../../shared/model/process.ts'
import type { Server } from '../../../shared/model/server.ts'
import { DESKTOP, digest, npxTree, proc, run, script, server, summaries } from './world.ts'

const CONTEXT = {
  home: '/home/u',
  projectDir: null,
  pluginDir: null,
  expansion: 'none',
  digest,
  isFile: () => false,
} as const

function written(command: string, ...args: readonly string[]): Server {
  const entry = {
    transport: 'stdio',
    command,
    oneWord: false,
    args,
    cwd: null,
    url: '',
    disabled: false,
  } as const
  const { launch } = draftLaunch(entry, CONTEXT)
  return { ...server('one', ['x']), launch: { ...launch, script: null } }
}

function root(one: Server, ...tree: readonly Process[]): number | undefined {
  return summaries([one], run([one], [DESKTOP, ...tree]))[0]?.root
}

const NODE = proc(110, 100, ['node', '/w/s.js', '--x'], { script: script('/w/s.js') })
const FILES = '@modelcontextprotocol/server-filesystem'

describe('a secret among the variables of a launcher', () => {
  it.each([
    ['env', ['API_KEY=s3cr3t', 'node', '/w/s.js', '--x']],
    ['env', ['-i', 'PATH=/usr/bin', 'API_KEY=s3cr3t', 'node', '/w/s.js', '--x']],
    ['env', ['-S', 'API_KEY=s3cr3t node /w/s.js --x']],
    ['sh', ['-c', 'API_KEY=s3cr3t exec node /w/s.js --x']],
    ['bash', ['-lc', 'cd /w && API_KEY=s3cr3t exec node /w/s.js --x']],
    ['bash', ['-c', 'export API_KEY=s3cr3t; node /w/s.js --x']],
    ['cross-env', ['API_KEY=s3cr3t', 'node', '/w/s.js', '--x']],
  ])('%s %j', (command, args) => {
    const one = written(command, ...args)
    expect(root(one, NODE)).toBe(110)
    expect(root(one, { ...NODE, argv: ['node', '/w/other.js', '--x'], script: script('/w/other.js') })).toBeUndefined()
  }) // biome-ignore format: a long line

  it('does not make npx another launcher', () => {
    const one = written('env', 'API_KEY=s3cr3t', 'npx', '-y', FILES, '/dir')
    expect(root(one, ...npxTree(110, 100, ['/dir']))).toBe(110)
  })
})

describe('a command with everything in one text', () => {
  it('is split as the client does', () => {
    const one = written(`npx -y ${FILES} /dir`)
    expect(root(one, ...npxTree(110, 100, ['/dir']))).toBe(110)
  })
})

describe('words behind the text of a shell', () => {
  it('are what the text runs', () => {
    const one = written('bash', '-c', 'exec node "$0" "$@"', '/w/s.js', '--x')
    expect(root(one, NODE)).toBe(110)
  })
})
