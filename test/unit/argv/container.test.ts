/** What `docker run` and its kin are told of a container. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readImageCall } from '../../../shared/argv/container.ts'

const read = (line: string) => readImageCall(line.split(' '))

describe('readImageCall', () => {
  it.each([
    ['docker run --name=x img', { name: 'x' }],
    ['docker run --name x img', { name: 'x' }],
    ['podman run --cidfile /run/c.id img', { cidFile: '/run/c.id' }],
    ['docker run -l a=b --label=c img', { labels: ['a=b', 'c='] }],
    ['docker run -itl a=b img', { labels: ['a=b'], interactive: true }],
    ['docker run -la=b img', { labels: ['a=b'] }],
    ['docker run -v /a:/b:ro,z -v /c -v vol:/d img', { mounts: ['/a:/b', 'vol:/d'] }],
    ['docker run -v/a:/b img', { mounts: ['/a:/b'] }],
    ['docker run --mount type=bind,src=/a,dst=/b,readonly img', { mounts: ['/a:/b'] }],
    ['docker run --net=host img', { network: 'host' }],
    ['docker run --network a --network none img', { network: 'none' }],
    ['docker run --entrypoint=/x -i=false img', { entrypoint: '/x', interactive: false }],
    ['docker run --interactive=true -d img', { interactive: true, detach: true }],
    ['docker run -p8080:80 -p 1:2 img', { published: ['8080:80', '1:2'] }],
  ])('%s', (line, options) => {
    const call = read(line)
    expect(call?.reference).toBe('img')
    expect(call?.options).toMatchObject(options)
  })

  it.each([
    ['docker -c other container run --rm -e A img:1 x -v y', 'img:1', ['x', '-v', 'y']],
    ['podman --cgroup-manager=cgroupfs --runtime /r run --http-proxy img', 'img', []],
    ['nerdctl run -- img -x', 'img', ['-x']],
    ['docker run -e -i img', 'img', []],
  ])('finds the image in %s', (line, reference, args) => {
    expect(read(line)).toMatchObject({ reference, args })
  })

  it.each(['docker exec -i c x', 'docker run', 'docker run -v', 'docker', 'docker ps run img'])(
    'finds none in %s',
    (line) => {
      expect(read(line)).toBeNull()
    },
  )

  it('keeps the image and what stands behind it, whatever the options are', () => {
    const name = fc.constantFrom('name', 'label', 'volume', 'e', 'v', 'l', 'network', 'mount', 'x')
    const value = fc.string().filter((text) => !text.includes('\0'))
    const written = fc.tuple(name, value, fc.boolean()).map(([option, text, joined]) => {
      const dashes = option.length > 1 ? `--${option}` : `-${option}`
      return joined ? [`${dashes}=${text}`] : [dashes, text]
    })
    const rest = fc.array(fc.string())
    fc.assert(
      fc.property(fc.array(written), rest, (options, args) => {
        const call = readImageCall(['docker', 'run', ...options.flat(), 'img', ...args])
        expect(call).toMatchObject({ reference: 'img', args })
        expect(call?.before).toEqual(['run', ...options.flat()])
      }),
    )
  })

  it('reads any words', () => {
    fc.assert(
      fc.property(fc.array(fc.string()), (words) => {
        expect(() => readImageCall(['podman', 'run', ...words])).not.toThrow()
      }),
    )
  })
})
