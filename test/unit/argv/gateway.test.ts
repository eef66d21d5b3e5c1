import fc from 'fast-check'
import { expect, it } from 'vitest'
import { gatewayOf } from '../../../shared/argv/gateway.ts'

it.each([
  ['docker mcp gateway run', 'docker-toolkit'],
  ['docker --context desktop -D mcp gateway run --servers time', 'docker-toolkit'],
  ['/usr/lib/docker/cli-plugins/docker-mcp mcp gateway run', 'docker-toolkit'],
  ['/docker-mcp gateway run --port=8811', 'docker-toolkit'],
  ['docker gateway run', null],
  ['/opt/bin/thv start fetch --foreground', 'toolhive'],
  ['docker mcp gateway --help', null],
  ['docker mcp catalog ls', null],
  ['docker exec x mcp gateway run', null],
  ['podman mcp gateway run', null],
  ['mcp gateway run', null],
])('of `%s` is %s', (line, gateway) => {
  const [path = '', ...args] = line.split(' ')
  expect(gatewayOf(path, args)).toBe(gateway)
})

it('is told of any words', () => {
  const word = fc.oneof(fc.string(), fc.constantFrom('mcp', 'gateway', 'run', '--', '-D'))
  fc.assert(
    fc.property(fc.constantFrom('docker', 'thv', 'x'), fc.array(word), (path, args) => {
      expect(['docker-toolkit', 'toolhive', null]).toContain(gatewayOf(path, args))
    }),
  )
})
