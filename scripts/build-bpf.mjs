#!/usr/bin/env node
/**
 * Compiles the kernel's programs and writes their instructions to daemon/capture/bpf/programs.ts, which is committed:
 * no compiler is needed to use them. With --check nothing is written; it fails when the instructions would be others.
 * Needs clang (CLANG names another one) and the kernel's headers (linux-libc-dev). Another release of clang may well
 * make other instructions of the same sources.
 */
import { spawnSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

const FOLDER = join(import.meta.dirname, '../daemon/capture/bpf')
const TARGET = join(FOLDER, 'programs.ts')
const CLANG = process.env['CLANG'] ?? 'clang'
const VARIANTS = { full: [], basic: ['-DBASIC'] }
const FLAGS = ['-O2', '-g0', '-target', 'bpfel', '-mcpu=v3', '-Wall', '-Wextra', '-Werror']
const QUIET = ['-Wno-unused-parameter', '-Wno-unused-const-variable']
/** Where systems with several architectures keep <asm/types.h>. */
const HEADERS = ['x86_64', 'aarch64']
  .map((machine) => `/usr/include/${machine}-linux-gnu`)
  .filter((folder) => existsSync(folder))
  .flatMap((folder) => ['-idirafter', folder])

function run(args) {
  const { status, stdout, stderr, error } = spawnSync(CLANG, args, { encoding: 'utf8' })
  if (error || status !== 0) throw new Error(`${CLANG}: ${error?.message ?? stderr}`)
  return stdout
}

/** Sections of an ELF file for 64 bits, little-endian (elf(5)). */
function sectionsOf(file) {
  const [table, size] = [Number(file.readBigUInt64LE(0x28)), file.readUInt16LE(0x3a)]
  const at = (index) => table + index * size
  const contentOf = (index) => {
    const offset = Number(file.readBigUInt64LE(at(index) + 0x18))
    return file.subarray(offset, offset + Number(file.readBigUInt64LE(at(index) + 0x20)))
  }
  const names = contentOf(file.readUInt16LE(0x3e))
  return Array.from({ length: file.readUInt16LE(0x3c) }, (_, index) => {
    const start = file.readUInt32LE(at(index))
    const name = names.toString('latin1', start, names.indexOf(0, start))
    return {
      name,
      isRelocation: [4, 9].includes(file.readUInt32LE(at(index) + 4)),
      index,
      contentOf,
    }
  })
}

/** Instructions by the program's name. */
function compile(source, flags, folder) {
  const object = join(folder, 'object.o')
  run([...FLAGS, ...QUIET, ...HEADERS, ...flags, '-c', join(FOLDER, source), '-o', object])
  const sections = sectionsOf(readFileSync(object))
  const relocated = sections.find(({ isRelocation }) => isRelocation)
  if (relocated) throw new Error(`${source}: ${relocated.name} would have to be relocated`)
  return sections
    .filter(({ name }) => name.startsWith('program/'))
    .map(({ name, index, contentOf }) => [name.slice('program/'.length), contentOf(index)])
}

function compileAll(sources) {
  const folder = mkdtempSync(join(tmpdir(), 'build-bpf-'))
  try {
    return Object.fromEntries(
      Object.entries(VARIANTS).map(([variant, flags]) => [
        variant,
        new Map(sources.flatMap((source) => compile(source, flags, folder))),
      ]),
    )
  } finally {
    rmSync(folder, { recursive: true })
  }
}

function write({ full, basic }, compiler, hash) {
  const programs = [...full].map(([name, code]) => {
    const [most, least] = [code, basic.get(name)].map((each) => each.toString('base64'))
    return `  ${name}: {\n    full: '${most}',\n    basic: '${least}',\n  },\n`
  })
  return `/** Written by \`npm run build:bpf\` from the sources in this folder. */

export const COMPILER = '${compiler}'
/** SHA-256 of the sources, one after the other by name. */
export const SOURCES_SHA256 = '${hash}'

/** Instructions in base64; \`basic\` without helpers that older kernels may lack. */
export const INSTRUCTIONS = {
${programs.join('')}} as const satisfies Record<string, { readonly full: string; readonly basic: string }>
`
}

const instructionsOf = (text) => text.slice(text.indexOf('export const INSTRUCTIONS'))

const files = readdirSync(FOLDER)
  .filter((name) => /\.(c|h)$/.test(name))
  .sort()
const hash = createHash('sha256')
for (const name of files) hash.update(readFileSync(join(FOLDER, name)))
const compiler = `clang ${/version (\S+)/.exec(run(['--version']))?.[1] ?? 'unknown'}`
const text = write(
  compileAll(files.filter((name) => name.endsWith('.c'))),
  compiler,
  hash.digest('hex'),
)

if (!process.argv.includes('--check')) {
  writeFileSync(TARGET, text)
} else if (instructionsOf(text) !== instructionsOf(readFileSync(TARGET, 'utf8'))) {
  const by = /COMPILER = '([^']+)'/.exec(readFileSync(TARGET, 'utf8'))?.[1]
  console.error(`The instructions of ${compiler} differ from those committed, which ${by} made.`)
  process.exitCode = 1
}
