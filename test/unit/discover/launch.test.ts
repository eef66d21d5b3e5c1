// biome-ignore-all lint/suspicious/noTemplateCurlyInString: it is what people write into their configuration
import { describe, expect, it } from 'vitest'
import { namedFiles } from '../../../daemon/discover/named-files.ts'
import { expand } from '../../../daemon/discover/placeholders.ts'
import { foldersUpwards } from '../../../daemon/discover/places.ts'
import { endpointOf } from '../../../shared/address/endpoint.ts'
import { HOME, inProject, own, read } from './setting.ts'

const where = { home: HOME, cwd: '/srv/p' }

describe('the file that a command line names', () => {
  it.each([
    [['node', 'server.js'], '/srv/p/server.js'],
    [['/usr/bin/node', '--import', 'x', '/srv/a/../s.js', '--token', 'y'], '/srv/s.js'],
    [['python3', '-u', '~/s.py'], `${HOME}/s.py`],
    [['env', '-u', 'X', 'A=b', 'node', 'x.js'], '/srv/p/x.js'],
    [['env', '-S', 'node --no-warnings x.js'], '/srv/p/x.js'],
    [['sh', '-c', 'cd "/srv/my app" && A=1 exec node x.js --port 1'], '/srv/my app/x.js'],
    [['bash', '-lc', "source ~/.rc; node 'x y.js'"], '/srv/p/x y.js'],
    [['bash', 'run.sh'], '/srv/p/run.sh'],
    [['sh', '-c', "env A=b sh -c 'node x.js'"], '/srv/p/x.js'],
    [['uv', '--directory', '/srv/q', 'run', 'server.py'], '/srv/q/server.py'],
    [['uv', 'run', '--with', 'mcp', 'serve'], '/srv/p/.venv/bin/serve'],
    [['uv', 'run', 'python', 'x.py'], '/srv/p/x.py'],
    [['./bin/serve', '--x'], '/srv/p/bin/serve'],
  ])('%j', (words, file) => {
    expect(namedFiles(words, where)[0]).toBe(file)
  })

  it.each([
    [['npx', '-y', 'x']],
    [['mcp-server-memory']],
    [['/usr/bin/docker', 'run', 'x']],
    [['uvx', 'x']],
    [['uv', 'tool', 'run', 'x']],
    [['python', '-m', 'x']],
    [['node', '-e', 'x']],
    [['node', '\0/x.js']],
    [['sh', '-c']],
    [[]],
  ])('none: %j', (words) => {
    expect(namedFiles(words, where)).toEqual([])
  })

  it('none for a relative one where the folder is not known', () => {
    expect(namedFiles(['node', 'x.js'], { ...where, cwd: null })).toEqual([])
  })

  it('does not follow shells without end', () => {
    const words = Array.from({ length: 50 }, () => 'env')
    expect(namedFiles([...words, 'node', 'x.js'], where)).toEqual([])
  })
})

describe('a command that holds spaces', () => {
  const text = '{"mcpServers": {"a": {"command": "~/my tools/serve -x", "args": ["y"]}}}'
  const candidate = own('cursor', 'mcp.json')

  it('is split', () => {
    const launch = read(text, candidate).servers[0]?.server.launch
    expect(
      [launch?.command, ...(launch?.args ?? [])].map((arg) => arg && 'value' in arg && arg.value),
    ).toEqual([`${HOME}/my`, 'tools/serve', '-x', 'y'])
  })

  it('is one where a file is called so', () => {
    const isFile = (path: string): boolean => path === `${HOME}/my tools/serve -x`
    const [draft] = read(text, candidate, { isFile }).servers
    expect(draft?.server.launch?.command).toEqual({
      kind: 'literal',
      value: `${HOME}/my tools/serve -x`,
    })
    expect(draft?.scriptPaths).toEqual([`${HOME}/my tools/serve -x`])
  })
})

describe('placeholders', () => {
  const around = { home: HOME, projectDir: '/srv/p', pluginDir: '/plug' }
  it.each([
    ['none', 'a${HOME}', ['a${HOME}']],
    ['environment', '${HOME}/x', [`${HOME}/x`]],
    ['environment', '${CLAUDE_PROJECT_DIR:-.}/${X:-${Y}}/z$A', ['/srv/p/', null, '/z$A']],
    ['environment', 'a${open', ['a${open']],
    ['editor', '${workspaceFolder}${/}x ${input:key}', ['/srv/p/x ', null]],
    ['editor', '${env:HOME}${env:KEY}', [HOME, null]],
    ['environment', '${CLAUDE_PLUGIN_ROOT}/x', ['/plug/x']],
    ['environment', '$HOME $X', ['$HOME $X']],
    ['shell', '$HOME/$X/${Y:-$Z}', [`${HOME}/`, null, '/', null]],
    ['shell', 'a$(cat ~/key)b', ['a', null, 'b']],
    ['shell', '$1 $ $$ 5$', ['$1 $ $$ 5$']],
    ['shell', 'a$(open', ['a$(open']],
    ['editor', '${extensionPath}', ['/plug']],
    ['braces', '{env:HOME}/{file:~/key}', [`${HOME}/`, null]],
    ['braces', '{"a": {}} ${X} {env:', ['{"a": {}} ${X} {env:']],
    ['braces', '{{env:A}}', ['{', null, '}']],
    ['template', 'a${{ secrets.KEY }}b{{ MINE }}${X}', ['a', null, 'b', null, null]],
    ['environment', '', ['']],
    ['environment', '${A}${B}', [null, null]],
  ] as const)('%s: %s', (expansion, text, pieces) => {
    expect(expand(text, expansion, around)).toEqual(pieces)
  })

  it('are found in text of any length', () => {
    const many = (part: string): string => part.repeat(5000)
    for (const expansion of ['shell', 'editor', 'braces', 'template', 'environment'] as const) {
      for (const part of ['${', '{{', '{env:', '$(', '${{', '${a', '{env:a}', '$a'])
        expect(expand(many(part), expansion, around).length).toBeGreaterThan(0)
    }
  })

  it('keep nothing of a secret around them', () => {
    const text =
      '{"mcpServers": {"a": {"command": "x", "args": ["postgres://me:pw@${HOST}/db", "--token", "abc${X}", "--token=abc${X}"]}}}'
    const args = read(text, inProject('claude-code', '/srv/p')).servers[0]?.server.launch?.args
    const globs = args?.filter((arg) => arg.kind === 'glob')
    expect(globs).toMatchObject(Array(3).fill({ kind: 'glob', parts: ['', ''] }))
    expect(new Set(globs?.map(({ digest }) => digest)).size).toBe(3)
  })
})

it.each([
  ['https://me:pw@h.example/p?q#f', { scheme: 'https', host: 'h.example', port: 443 }],
  ['http://[::1]:3845/mcp', { scheme: 'http', host: '::1', port: 3845 }],
  ['ws://LOCALHOST:1/${X}', { scheme: 'ws', host: 'localhost', port: 1 }],
  ['https://${HOST}/mcp', null],
  ['unix:///run/x', null],
  ['http://h:99999', null],
  ['nonsense', null],
])('keeps scheme, host and port of %s', (url, endpoint) => {
  expect(endpointOf(url)).toEqual(endpoint)
})

it('walks up to the repository or home, never to the root', () => {
  const git = (path: string): boolean => path === '/srv/repo/.git'
  expect(foldersUpwards('/srv/repo/a/b', HOME, git)).toEqual([
    '/srv/repo/a/b',
    '/srv/repo/a',
    '/srv/repo',
  ])
  expect(foldersUpwards(`${HOME}/x/`, HOME, git)).toEqual([`${HOME}/x`, HOME])
  expect(foldersUpwards('/tmp/x', HOME, git)).toEqual(['/tmp/x', '/tmp'])
  expect(foldersUpwards('/', HOME, git)).toEqual([])
  expect(foldersUpwards('relative', HOME, git)).toEqual([])
})

describe('an address among the arguments', () => {
  const candidate = own('cursor', 'mcp.json')
  const endpointsOf = (...args: string[]) => {
    const text = JSON.stringify({ mcpServers: { a: { command: 'npx', args } } })
    const { launch } = read(text, candidate).servers[0]?.server ?? {}
    const kept = JSON.stringify(launch)
    return [
      launch?.endpoints?.map((each) => [each.argument, each.endpoint.host, each.endpoint.port]),
      kept,
    ]
  }

  it.each([
    ['https://mcp.example.com/v1/plain-path?q=hidden', [[1, 'mcp.example.com', 443]]],
    ['http://user:hidden@mcp.example.com:8080/', [[1, 'mcp.example.com', 8080]]],
    ['https://mcp.example.com/${HIDDEN}/sse', [[1, 'mcp.example.com', 443]]],
    ['https://mcp.example.com', undefined],
    ['https://${HOST}/a/hidden', undefined],
    ['https://k3j2h4k5j6h3k4j5h6k2j3h4.example.com/hidden', undefined],
    ['postgres://user:hidden@db.example.com/x', undefined],
    ['see https://mcp.example.com/hidden', undefined],
  ])('%s', (address, endpoints) => {
    const [found, kept] = endpointsOf('mcp-remote', address)
    expect(found).toEqual(endpoints)
    expect(kept).not.toMatch(/hidden|plain-path|q=/)
  })
})
