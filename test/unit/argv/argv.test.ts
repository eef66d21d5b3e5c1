/** Command lines in one shape: wrappers off, package and program found. */
import { describe, expect, it } from 'vitest'
import { isLauncher, readInvocation } from '../../../shared/argv/invocation.ts'
import { likelyPrograms } from '../../../shared/argv/package-runner.ts'
import {
  readImageReference,
  readNpmSpec,
  readPythonSpec,
  toPackageRef,
} from '../../../shared/argv/package-spec.ts'
import { HOLE, readShellText } from '../../../shared/argv/words.ts'

/** Kind, name and arguments of what a command line (split at spaces) runs. */
function core(line: string | readonly string[]): string {
  const invocation = readInvocation(typeof line === 'string' ? line.split(' ') : line)
  if (invocation === null) return 'nothing'
  const { core: found } = invocation
  const args = found.args.join(' ')
  const launcher = isLauncher(invocation) ? 'launcher ' : ''
  switch (found.kind) {
    case 'package':
      return `${launcher}${found.ecosystem} ${found.spec.name} ${found.bin ?? ''}|${args}`
    case 'task':
      return `${launcher}${found.manager} task ${found.task}|${args}`
    case 'image':
      return `${launcher}image ${found.image.name}|${args}`
    case 'script':
      return `${launcher}${found.interpreter} ${found.script}|${args}`
    case 'module':
      return `${launcher}${found.interpreter} -m ${found.module}|${args}`
    case 'binary':
      return `${launcher}binary ${found.path}|${args}`
  }
}

describe('readInvocation', () => {
  it.each([
    ['npx -y @s/p@1.2 /d --x', 'launcher npm @s/p |/d --x'],
    ['/usr/bin/npx --yes --registry http://r @s/p -- /d', 'launcher npm @s/p |/d'],
    ['npx --package=@s/p bin /d', 'launcher npm @s/p bin|/d'],
    ['npm exec -- p a', 'launcher npm p |a'],
    ['npm --loglevel error x p a', 'launcher npm p |a'],
    ['node /usr/lib/npm/bin/npx-cli.js -y p', 'launcher npm p |'],
    ['pnpm dlx p@latest a', 'launcher npm p |a'],
    ['yarn dlx -q p', 'launcher npm p |'],
    ['bun x p', 'launcher npm p |'],
    ['deno run -A npm:@s/p@2 a', 'npm @s/p |a'],
    ['uvx p==1.0 a', 'launcher pypi p |a'],
    ['uvx --from git+https://h/r --with w b a', 'launcher pypi git+https://h/r b|a'],
    ['/x/uv tool uvx My_Pkg[cli]@1 a', 'launcher pypi my-pkg |a'],
    ['python3 -m pipx run --spec p==2 b', 'launcher pypi p b|'],
    ['uv --directory /w run --with mcp server.py a', 'launcher python server.py|a'],
    ['uv run -m mod a', 'launcher python -m mod|a'],
    ['uv run mcp run s.py', 'launcher binary mcp|run s.py'],
    ['docker run -it --rm -v /a:/b -e K=v --network host r:5/t/i:1 x', 'launcher image r:5/t/i|x'],
    ['podman container run --env-file=f img', 'launcher image img|'],
    ['docker compose up', 'binary docker|compose up'],
    ['node --import ./a.js -r b /w/s.js a', 'node /w/s.js|a'],
    ['node -e code', 'binary node|-e code'],
    ['python3.11 -u -m mod a', 'python -m mod|a'],
    ['env -i -u X A=b C= nice -n 5 /opt/tool a', 'launcher binary /opt/tool|a'],
    ['/x/Helpers/disclaimer --pgroup -- npx p', 'launcher npm p |'],
    ['cmd /c npx p', 'launcher npm p |'],
    ['bash /opt/goose/bin/npx -y p', 'launcher npm p |'],
    ['npm view p', 'binary npm|view p'],
    ['npx', 'binary npx|'],
    ['corepack pnpm dlx p', 'launcher npm p |'],
  ])('%s', (line, expected) => {
    expect(core(line)).toBe(expected)
  })

  it.each([
    ['node /w/s.js a', 'launcher node /w/s.js|a'],
    ['exec \'my tool\' "a b"', 'launcher binary my tool|a b'],
    ['exec -a "npx other" my-tool a', 'launcher binary my-tool|a'],
    ['exec -cla other my-tool a', 'launcher binary my-tool|a'],
    ['exec -l my-tool a', 'launcher binary my-tool|a'],
    ['A=b cd /w && npx -y p 2>/dev/null', 'launcher npm p |'],
    ['source ~/.nvm/nvm.sh; npx p', 'launcher npm p |'],
    ['npx p | tee log', 'binary sh|-c npx p | tee log'],
    ['npx $(cat spec)', 'binary sh|-c npx $(cat spec)'],
    ['npx p &', 'binary sh|-c npx p &'],
    ['', 'binary sh|-c '],
  ])('sh -c %s', (text, expected) => {
    expect(core(['sh', '-c', text])).toBe(expected)
  })

  it('takes what stands after the shell’s text as npm means it', () => {
    expect(core(['sh', '-c', "'bin'", '/d'])).toBe('launcher binary bin|/d')
    expect(core(['sh', '-c', 'exec "$@"', 'sh', 'npx', 'p'])).toBe('launcher npm p |')
  })

  it('survives nesting, emptiness and hostile words', () => {
    expect(readInvocation([])).toBeNull()
    expect(readInvocation([''])).toBeNull()
    expect(core(Array.from({ length: 500 }, () => 'env'))).toContain('binary')
    expect(core(['sh', '-c', '"'.repeat(20_001)])).toContain('binary sh')
  })
})

describe('readShellText', () => {
  it('keeps what a variable stands for open', () => {
    expect(readShellText('node "$HOME/s.js" $A$B"$C"c', [])?.words).toEqual([
      'node',
      `${HOLE}/s.js`,
      `${HOLE}c`,
    ])
  })
  it('tells the folder it changes to', () => {
    expect(readShellText("cd '/my dir' && node s.js", [])?.directory).toBe('/my dir')
  })
})

describe('package specifications', () => {
  it('split name and version', () => {
    expect(readNpmSpec('@s/p@^1')).toEqual({ name: '@s/p', version: '^1' })
    expect(readNpmSpec('./dir@x')).toEqual({ name: './dir@x', version: null })
    expect(readPythonSpec('A.b_c[x,y]>=1,<2')).toEqual({ name: 'a-b-c', version: '1,<2' })
    expect(readImageReference('h:5000/a/b')).toEqual({ name: 'h:5000/a/b', version: null })
    expect(readImageReference('a/b:t@sha256:ff')).toEqual({ name: 'a/b', version: 't' })
  })
  it('give a package only for a real name and an exact version', () => {
    expect(toPackageRef('npm', readNpmSpec('p@latest'))).toMatchObject({ version: null })
    expect(toPackageRef('npm', readNpmSpec('p@1.2.3-rc.1'))).toMatchObject({
      version: '1.2.3-rc.1',
    })
    for (const spec of ['../p', 'git+https://h/p', `p${HOLE}`, 'p\u001b[2J', ''])
      expect(toPackageRef('npm', readNpmSpec(spec))).toBeNull()
  })
  it('know the programs a package is likely to have', () => {
    const call = readInvocation(['npx', '@modelcontextprotocol/server-memory'])?.core
    expect(call?.kind === 'package' && likelyPrograms(call).has('mcp-server-memory')).toBe(true)
  })
})
