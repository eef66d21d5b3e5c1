/** The pages agree with the program: its commands, its errors, and each other. */
import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { expect, it } from 'vitest'
import { createProgram } from '../../../cli/program.ts'
import { ERROR_CODES } from '../../../shared/errors.ts'
import { fakeIo } from '../cli/fake-io.ts'

const ROOT = join(import.meta.dirname, '../../..')
const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')
const pages = [
  ...readdirSync(ROOT).filter((name) => name.endsWith('.md')),
  ...readdirSync(join(ROOT, 'docs'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => join('docs', name)),
]

it.each(['README.md', 'docs/cli.md'])('%s lists every command', (page) => {
  const commands = createProgram(fakeIo(), () => undefined).commands.map((each) => each.name())
  const rows = read(page)
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .map((line) => line.split(' | ')[0] ?? '')
  const listed = commands.filter((name) => rows.some((row) => row.includes(`\`${name}`)))
  expect(commands.length).toBeGreaterThan(10)
  expect(listed).toEqual(commands)
})

it('docs/errors.md has every code with its exit code, and no other', () => {
  const rows = [...read('docs/errors.md').matchAll(/^\| `([A-Z_]+)` \| (\d) \|/gm)]
  expect(Object.fromEntries(rows.map(([, code, exit]) => [code, Number(exit)]))).toEqual(
    ERROR_CODES,
  )
})

it('no link leads nowhere', () => {
  const dead = pages.flatMap((page) => {
    const links = [...read(page).matchAll(/\]\(([^)#\s]+)(?:#[^)]*)?\)/g)].map(([, to]) => to ?? '')
    return links
      .filter((to) => !to.includes('://') && !existsSync(join(ROOT, dirname(page), to)))
      .map((to) => `${page} → ${to}`)
  })
  expect(dead).toEqual([])
})
