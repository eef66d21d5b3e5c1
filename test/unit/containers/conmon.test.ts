import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { containerOfMonitor, monitorOf } from '../../../daemon/containers/conmon.ts'

const ID = 'd4'.repeat(32)
const IMAGE = '94'.repeat(32)
const STORAGE = '/home/ada/.local/share/containers/storage'
const BUNDLE = `${STORAGE}/overlay-containers/${ID}/userdata`

/** As Podman 4.3 starts it, shortened. */
const ARGV = [
  `/usr/bin/conmon --api-version 1 -c ${ID} -u ${ID} -r /usr/bin/runc -b ${BUNDLE} -p /run/pidfile`,
  '-n fetch-1 --exit-dir /run/exits -i --exit-command /usr/bin/podman --exit-command-arg cleanup ',
].flatMap((words) => words.split(' '))
const MONITOR = {
  id: ID,
  name: 'fetch-1',
  bundle: BUNDLE,
  pidFile: '/run/pidfile',
  interactive: true,
}

describe('the command line of conmon', () => {
  it('names the container, its bundle and whether anybody talks to it', () => {
    expect(monitorOf(ARGV)).toEqual(MONITOR)
    expect(monitorOf(ARGV.filter((word) => word !== '-i'))?.interactive).toBe(false)
  })

  it.each([
    ['of another program', ARGV.with(0, '/usr/bin/conmonish')],
    ['of no container', ARGV.filter((word) => word !== '-c')],
    ['with a number that is none', ARGV.with(4, 'd4')],
    ['with a name that is none', ARGV.with(14, '../x')],
    ['of another engine', ARGV.filter((word) => word !== '--exit-command')],
    ['without anything', []],
  ])('is not one %s', (_, argv) => {
    expect(monitorOf(argv)).toBeNull()
  })

  it('is read whatever it is', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('conmon', '-c', ID, '-n', 'x', '-b', '-i'))
    fc.assert(
      fc.property(fc.array(word), (argv) => {
        const monitor = monitorOf(argv)
        if (monitor !== null) expect(argv).toContain(monitor.id)
      }),
    )
  })
})

const config = {
  process: {
    args: ['/usr/bin/node', '-e', 'x'],
    env: ['TOKEN=planted'],
  },
  annotations: { 'io.podman.annotations.cid-file': '/tmp/cid', other: 1 },
  linux: { namespaces: [{ type: 'pid' }, { type: 'network', path: '/run/netns/netns-1' }] },
  mounts: [
    { destination: '/proc', type: 'proc', source: 'proc' },
    { destination: '/notes', type: 'bind', source: '/home/ada/notes', options: ['ro'] },
    { destination: '/etc/hosts', type: 'bind', source: `/run/${ID}/userdata/hosts` },
    // Of a container whose network it shares.
    { destination: '/x', type: 'bind', source: `/run/${'e5'.repeat(32)}/userdata/resolv.conf` },
  ],
}
const records = [
  { id: 'e5'.repeat(32), metadata: '{' },
  {
    id: ID,
    image: IMAGE,
    created: '2026-11-22T23:28:22.652970741Z',
    metadata: JSON.stringify({ 'image-name': 'docker.io/mcp/fetch:latest', 'image-id': IMAGE }),
  },
]
const image = { config: { Env: ['T=planted'], Entrypoint: ['/usr/bin/node'], Cmd: ['-e', 'own'] } }
const FILES: Readonly<Record<string, unknown>> = {
  [`${BUNDLE}/config.json`]: config,
  [`${STORAGE}/overlay-containers/containers.json`]: records,
  [`${STORAGE}/overlay-images/${IMAGE}/=${Buffer.from(`sha256:${IMAGE}`).toString('base64')}`]:
    image,
}
const container = (changes: Readonly<Record<string, unknown>> = {}) => {
  const files = { ...FILES, ...changes }
  const read = (path: string): string | null => (path in files ? JSON.stringify(files[path]) : null)
  return containerOfMonitor(MONITOR, 4242, 1000, read).container
}
const changed = (part: object): Readonly<Record<string, unknown>> => ({
  [`${BUNDLE}/config.json`]: { ...config, ...part },
})

describe('what Podman wrote of a container', () => {
  it('is taken without its environment', () => {
    const told = container()
    expect(told).toEqual({
      id: ID,
      engine: 'podman',
      name: 'fetch-1',
      image: 'docker.io/mcp/fetch:latest',
      imageId: `sha256:${IMAGE}`,
      createdAt: Date.parse('2026-11-22T23:28:22.652Z'),
      command: ['-e', 'x'],
      labels: new Map(),
      mounts: ['/home/ada/notes:/notes'],
      cidFile: '/tmp/cid',
      interactive: true,
      network: 'own',
      published: [],
      pid: 4242,
      running: true,
    })
    expect(JSON.stringify(told)).not.toContain('planted')
  })

  it('has no command where it is the image’s own', () => {
    expect(
      container(changed({ process: { args: ['/usr/bin/node', '-e', 'own'] } })).command,
    ).toEqual([])
  })

  it('has the host’s network where no namespace is named, and a shared one where it is a process’', () => {
    expect(container(changed({ linux: { namespaces: [] } })).network).toBe('host')
    const joined = { namespaces: [{ type: 'network', path: '/proc/42/ns/net' }] }
    expect(container(changed({ linux: joined })).network).toBe('shared')
  })

  it('may not be read by us: then its name and process are all', () => {
    expect(containerOfMonitor(MONITOR, 4242, 1000, () => null).container).toMatchObject({
      name: 'fetch-1',
      image: '',
      imageId: null,
      createdAt: 1000,
      command: [],
      network: 'unknown',
      pid: 4242,
    })
  })

  it('may be anything', () => {
    fc.assert(
      fc.property(fc.constantFrom(...Object.keys(FILES)), fc.jsonValue(), (path, value) => {
        expect(container({ [path]: value })).toMatchObject({ id: ID, name: 'fetch-1', pid: 4242 })
      }),
    )
  })
})
