/** Skipping a tool's own options to find what it was told to run. Pure. */

/** What is left after the options: `values` of those asked for, by option name. */
export interface OptionScan {
  readonly rest: readonly string[]
  readonly values: ReadonlyMap<string, string>
}

/** Which options a tool takes. With `only: 'flags'` the names list those *without* value: all others take one. */
export interface OptionRules {
  readonly names: ReadonlySet<string>
  readonly only: 'values' | 'flags'
}

/**
 * Reads options from `start` up to the first word that is none. `--` ends them. `--name=value` never takes the next
 * word; a bundle of short flags (`-it`) takes one when its last letter does.
 */
export function scanOptions(
  argv: readonly string[],
  start: number,
  rules: OptionRules,
): OptionScan {
  const values = new Map<string, string>()
  let index = start
  for (; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    if (word === '--') return { rest: argv.slice(index + 1), values }
    if (!word.startsWith('-') || word === '-') break
    const equals = word.indexOf('=')
    if (equals > 0) {
      values.set(word.slice(0, equals), word.slice(equals + 1))
    } else if (takesValue(word, rules)) {
      values.set(word, argv[index + 1] ?? '')
      index += 1
    }
  }
  return { rest: argv.slice(index), values }
}

function takesValue(word: string, rules: OptionRules): boolean {
  const listed = rules.names.has(word)
  if (rules.only === 'values') return listed
  if (listed) return false
  const bundle = /^-([A-Za-z]{2,})$/.exec(word)?.[1]
  return (
    bundle === undefined || !Array.from(bundle).every((letter) => rules.names.has(`-${letter}`))
  )
}

/** A rule set of options that take a value. */
export function valueOptions(...names: string[]): OptionRules {
  return { names: new Set(names), only: 'values' }
}
