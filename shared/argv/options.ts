/** Skipping a tool's own options to find what it was told to run. Pure. */

/** What is left after the options: `values` of those asked for, by option name. */
export interface OptionScan {
  readonly rest: readonly string[]
  /** The last value of each option. */
  readonly values: ReadonlyMap<string, string>
  /** Every value in its order, for options that may be given more than once. */
  readonly all: readonly (readonly [name: string, value: string])[]
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
  const all: (readonly [string, string])[] = []
  const done = (rest: readonly string[]): OptionScan => ({ rest, values: new Map(all), all })
  let index = start
  for (; index < argv.length; index += 1) {
    const word = argv[index] ?? ''
    if (word === '--') return done(argv.slice(index + 1))
    if (!word.startsWith('-') || word === '-') break
    const equals = word.indexOf('=')
    if (equals > 0) {
      all.push([word.slice(0, equals), word.slice(equals + 1)])
    } else if (takesValue(word, rules)) {
      all.push([word, argv[index + 1] ?? ''])
      index += 1
    }
  }
  return done(argv.slice(index))
}

/** The last value given under any of the names; null where there is none. */
export function optionValue({ all }: OptionScan, ...names: readonly string[]): string | null {
  return all.findLast(([name]) => names.includes(name))?.[1] ?? null
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
