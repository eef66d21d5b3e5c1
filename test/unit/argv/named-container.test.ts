/** Commands that talk to a container which was made before. */
import fc from 'fast-check'
import { describe, expect, it } from 'vitest'
import { readInvocation } from '../../../shared/argv/invocation.ts'
import { namedContainerOf } from '../../../shared/argv/named-container.ts'

const read = (words: readonly string[]) => namedContainerOf(readInvocation(words))

describe('namedContainerOf', () => {
  it.each([
    ['docker exec -i box node /s.mjs -e x', 'box', ['node', '/s.mjs', '-e', 'x']],
    ['docker exec -it -e A=b -u 1000 -w /w --privileged box sh', 'box', ['sh']],
    ['/usr/bin/docker --context x container exec box s', 'box', ['s']],
    ['podman exec --user=1 --env-file f -i 3f2a1b s', '3f2a1b', ['s']],
    ['docker attach box', 'box', null],
    ['docker attach --no-stdin --detach-keys a box', 'box', null],
    ['docker start -ai box', 'box', null],
    ['docker start -a box', 'box', null],
    ['docker -H unix:///x start --interactive --detach-keys=a box', 'box', null],
  ])('%s', (line, container, run) => {
    expect(read(line.split(' '))).toMatchObject({ container, run })
  })

  it.each([
    ['docker start box'],
    ['docker start -a one two'],
    ['docker exec box'],
    ['docker attach'],
    ['docker run -i box s'],
    ['docker ps box s'],
    ['nerdctl attach box'],
    ['node attach box'],
    ['docker'],
  ])('is none: %s', (line) => {
    expect(read(line.split(' '))).toBeNull()
  })

  it('is none of who only has it called', () => {
    expect(read(['sh', '-c', 'docker attach box'])).toBeNull()
  })

  it('takes any words', () => {
    const word = fc.oneof(fc.string(), fc.constantFrom('exec', 'start', 'attach', '-a', '-i', '--'))
    fc.assert(
      fc.property(fc.array(word), (words) => {
        const found = read(['docker', ...words])
        expect(found === null || words.includes(found.container)).toBe(true)
      }),
    )
  })
})
