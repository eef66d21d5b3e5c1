import {
  chmodSync,
  mkdirSync,
  mkdtempSync,
  renameSync,
  rmSync,
  symlinkSync,
  unlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { placeTree } from '../../../daemon/discover/place-tree.ts'
import { createWalker, type Walker } from '../../../daemon/discover/walker.ts'

const isRoot = process.getuid?.() === 0
const TREE = placeTree(
  ['.a/mcp.json', '.a/deep/mcp.json', 'top.json', 'x/*/y.json', 'agents/*.json'].map(
    (path) => [path, path] as const,
  ),
)

let folder = ''
let walker: Walker<string>
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), 'mcp-watch-walker-'))
  // Later than any stamp here, so that no stamp is doubted: what is remembered is what is tested.
  walker = createWalker(() => Date.now() + 60_000)
})
afterEach(() => {
  rmSync(folder, { recursive: true, force: true })
})

function write(path: string): void {
  mkdirSync(join(folder, path, '..'), { recursive: true })
  writeFileSync(join(folder, path), '')
}

/** Places found, with what the stars stood for. */
function walk(): string[] {
  const found: string[] = []
  walker.walk(folder, TREE, (end, path, stars) => {
    expect(path.startsWith(`${folder}/`)).toBe(true)
    found.push([end, ...stars].join(' '))
  })
  return found.sort()
}

it('finds what is there, and what comes and goes between two looks', () => {
  expect(walk()).toEqual([])
  write('.a/mcp.json')
  expect(walk()).toEqual(['.a/mcp.json'])
  write('x/one/y.json')
  write('x/two/other.json')
  write('agents/mine.json')
  write('top.json')
  expect(walk()).toEqual(['.a/mcp.json', 'agents/*.json mine', 'top.json', 'x/*/y.json one'])
  write('x/two/y.json')
  write('.a/deep/mcp.json')
  unlinkSync(join(folder, 'agents/mine.json'))
  expect(walk()).toEqual([
    '.a/deep/mcp.json',
    '.a/mcp.json',
    'top.json',
    'x/*/y.json one',
    'x/*/y.json two',
  ])
  rmSync(join(folder, 'x'), { recursive: true })
  expect(walk()).toEqual(['.a/deep/mcp.json', '.a/mcp.json', 'top.json'])
})

it('follows a link, also to elsewhere', () => {
  write('first/mcp.json')
  mkdirSync(join(folder, 'second'))
  symlinkSync('first', join(folder, '.a'))
  expect(walk()).toEqual(['.a/mcp.json'])
  symlinkSync('second', join(folder, '.b'))
  renameSync(join(folder, '.b'), join(folder, '.a'))
  expect(walk()).toEqual([])
  write('second/deep/mcp.json')
  expect(walk()).toEqual(['.a/deep/mcp.json'])
})

it('finds its way in a crowded folder', () => {
  const tree = placeTree([['wanted.json', 'wanted']])
  const found: string[] = []
  const look = (): string[] => {
    walker.walk(folder, tree, (end) => found.push(end))
    return found.splice(0)
  }
  for (let index = 0; index < 2500; index += 1) writeFileSync(join(folder, `${index}.json`), '')
  expect(look()).toEqual([])
  write('one-more.json')
  expect(look()).toEqual([])
  write('wanted.json')
  expect(look()).toEqual(['wanted'])
})

it('doubts a stamp that is young', () => {
  walker = createWalker(() => Date.now())
  for (let round = 0; round < 20; round += 1) {
    expect(walk()).toEqual([])
    write('top.json')
    expect(walk()).toEqual(['top.json'])
    unlinkSync(join(folder, 'top.json'))
  }
})

describe('a folder that may not be listed', () => {
  it.skipIf(isRoot)('may hold every name that is wanted (root may list all)', () => {
    write('.a/deep/mcp.json')
    chmodSync(join(folder, '.a'), 0o100)
    const found = walk()
    chmodSync(join(folder, '.a'), 0o700)
    expect(found).toEqual(['.a/deep/mcp.json', '.a/mcp.json'])
    expect(walk()).toEqual(['.a/deep/mcp.json'])
  })

  it('is none where a file is in its place', () => {
    write('.a')
    write('x')
    expect(walk()).toEqual([])
  })
})
