/** `sh -c TEXT` and its kin: the one command that the text comes down to. Pure. */
import { type Layer, layer } from './layer.ts'
import { readShellText } from './words.ts'

const SHELLS = new Set(['sh', 'bash', 'zsh', 'dash', 'ksh', 'ash', 'fish'])
/** Take a value (bash(1), fish(1)). */
const VALUE_OPTIONS = new Set(['--rcfile', '--init-file', '-C', '--init-command', '-d'])

/**
 * `sh [options] -c TEXT [NAME ARG…]`; null for a text that is no simple command. npm hands arguments over after the text
 * too, so those the text leaves unused are kept.
 */
export function shellCall(name: string, argv: readonly string[]): Layer | null {
  if (!SHELLS.has(name)) return null
  let index = 1
  let told = false
  for (; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    if (!/^[-+]/.test(word)) break
    if ((/^-[a-zA-Z]+$/.test(word) && word.includes('c')) || word === '--command') told = true
    if (/^[-+][a-zA-Z]*[oO]$/.test(word) || VALUE_OPTIONS.has(word)) index += 1
  }
  const text = argv[index]
  if (!told || text === undefined) return null
  return shellText(text, argv.slice(index + 1))
}

/** The text of `sh -c TEXT` with the words behind it. */
export function shellText(text: string, extra: readonly string[]): Layer | null {
  const command = readShellText(text, extra)
  if (command === null) return null
  const words = command.usesFurther ? command.words : [...command.words, ...extra]
  return layer(command.sourcing ? 'among-children' : 'only-child', words, command.directory)
}
