import fc from 'fast-check'
import { expect, it } from 'vitest'
import { bridgedUrls } from '../../../shared/argv/bridge.ts'
import { readInvocation } from '../../../shared/argv/invocation.ts'
import { HOLE } from '../../../shared/argv/words.ts'

const URL = 'https://mcp.example.com/sse'

function urlsOf(line: string, pkg: string | null = null): readonly string[] {
  const core = readInvocation(line.split(' '))?.core
  const ref = pkg === null ? null : ({ ecosystem: 'npm', name: pkg, version: null } as const)
  return core === undefined ? [] : bridgedUrls(core, ref)
}

it.each([
  `npx -y mcp-remote ${URL}`,
  `npx mcp-remote@latest ${URL} 3334 --allow-http`,
  `npx -y mcp-remote@0.1.18 --header X-Key:abc ${URL} --debug`,
  `npx -y -p mcp-remote mcp-remote-client ${URL}`,
  `npm exec -- mcp-remote ${URL}`,
  `pnpm dlx mcp-remote ${URL}`,
  `yarn dlx mcp-remote ${URL}`,
  `bunx mcp-remote ${URL}`,
  `bun x mcp-remote ${URL} --transport sse-only`,
  `deno run -A npm:mcp-remote ${URL}`,
  `mcp-remote ${URL}`,
  `/usr/local/bin/mcp-remote ${URL}`,
  `env A=1 npx -y mcp-remote ${URL}`,
  `npx -y supergateway --sse ${URL}`,
  `npx -y supergateway --logLevel none --streamableHttp=${URL}`,
  `docker run -i --rm supercorp/supergateway --sse ${URL}`,
  `uvx mcp-proxy ${URL}`,
  `uvx mcp-proxy --headers Authorization secret --transport streamablehttp ${URL}`,
  `uv tool run mcp-proxy@0.8.0 ${URL}`,
  `python -m mcp_proxy ${URL}`,
  `pipx run mcp-proxy ${URL}`,
])('reads whom `%s` talks to', (line) => {
  expect(urlsOf(line)).toEqual([URL])
})

it('reads where a bridge gets its token', () => {
  const line = `uvx mcp-proxy --token-url https://auth.example.com/token ${URL}`
  expect(urlsOf(line)).toEqual([URL, 'https://auth.example.com/token'])
})

it('knows a script by its package and not by its name', () => {
  const line = `node /opt/bridge/dist/proxy.js ${URL}`
  expect(urlsOf(line, 'mcp-remote')).toEqual([URL])
  expect(urlsOf(line)).toEqual([])
  expect(urlsOf(`node /opt/mcp-remote ${URL}`, 'other')).toEqual([])
  expect(urlsOf(`mcp-remote ${URL}`, 'other')).toEqual([])
})

it.each([
  'npx -y mcp-remote',
  'npx -y mcp-remote --debug',
  `npx -y mcp-remote mcp.example.com`,
  `npx -y mcp-remote ${HOLE}`,
  `npx -y mcp-remote ${HOLE}${HOLE}abcdef`,
  `npx -y mcp-remote ${URL} --enable-proxy`,
  `npx -y mcp-remote-x ${URL}`,
  `npx -y -p mcp-remote -p other thing ${URL}`,
  `npx -y supergateway --stdio ls --sse ${URL}`,
  `npx -y supergateway --stdio ls --port 8000`,
  `npx -y mcp-proxy ${URL}`,
  `uvx mcp-proxy --sse-port 8080 some-server ${URL}`,
  `uvx mcp-proxy some-server`,
  `npm run mcp-remote ${URL}`,
  `curl ${URL}`,
])('reads nothing of `%s`', (line) => {
  expect(urlsOf(line)).toEqual([])
})

it('gives words of the command line or parts of them, whatever that is', () => {
  const names = ['npx', '-y', 'mcp-remote', 'supergateway', 'uvx', 'mcp-proxy', '--sse', '--stdio']
  const word = fc.oneof(fc.constantFrom(...names, '--header', URL, HOLE), fc.string())
  fc.assert(
    fc.property(fc.array(word, { maxLength: 8 }), (argv) => {
      const core = readInvocation(argv)?.core
      const urls = core === undefined ? [] : bridgedUrls(core, null)
      for (const url of urls) expect(argv.some((each) => each.includes(url))).toBe(true)
    }),
    { numRuns: 2_000 },
  )
})
