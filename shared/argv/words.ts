/** Words of command lines, and what a shell would make of one simple command. Pure and total. */

/**
 * Stands for text that is not known: a placeholder the client expands, or a shell variable. NUL cannot occur in a
 * real argument (execve(2) takes NUL-terminated strings), so it can never be confused with one.
 */
export const HOLE = '\0'

/** Longest shell text that is looked into; a longer one is not a command anybody typed. */
const MAX_SHELL_TEXT = 16_384

/** Splits at runs of white space; never yields an empty word. */
export function splitWords(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

/** What `sh -c TEXT` ends up running. */
export interface ShellCommand {
  /** Words of the command after quote removal; a variable is a HOLE. Never empty. */
  readonly words: readonly string[]
  /** A literal folder the text changes to first. */
  readonly directory: string | null
  /** The text has other programs run first, so that not every child of the shell is the command. */
  readonly sourcing: boolean
  /** The words behind the text are among its own. */
  readonly usesFurther: boolean
}

/** Built-ins that only prepare what follows. */
const PRELUDE = new Set([
  'cd', 'export', 'set', 'unset', 'umask', 'ulimit', 'true', ':', '[', 'test', 'echo', 'printf', 'setopt', 'shopt',
]) // biome-ignore format: a list
/** Prepare what follows too, and may start programs for it. */
const PREPARATION =
  /^(source|\.|eval|nvm|fnm|conda|mamba|micromamba|pyenv|nodenv|asdf|mise|git|mkdir|sleep|pip3?|(npm|pnpm|yarn|bun) (i|ci|install|build|run build)|uv (sync|venv|pip|lock))( |$)/
const ASSIGNMENT = /^[A-Za-z_]\w*=/

/**
 * Reads TEXT of `sh -c TEXT` when it is one simple command, maybe after built-ins that only prepare it
 * (`cd x && npx y`); null for anything else: pipelines, substitutions, loops. `further`
 * are the words behind the text: `$0`, `$1` and so on, `"$@"` all but the first.
 */
export function readShellText(text: string, further: readonly string[]): ShellCommand | null {
  if (text.length > MAX_SHELL_TEXT) return null
  const commands = tokenize(text, further)
  if (commands === null) return null
  let directory: string | null = null
  let sourcing = false
  const last = commands.length - 1
  for (const [index, command] of commands.entries()) {
    const words = withoutAssignments(command.words)
    const [name, target] = words
    if (index === last && command.substituted) return null
    if (index === last)
      return name === undefined
        ? null
        : { words, directory, sourcing, usesFurther: command.usesFurther }
    sourcing ||= command.substituted
    if (PREPARATION.test(words.slice(0, 3).join(' '))) sourcing = true
    else if (name !== undefined && !PRELUDE.has(name)) return null
    if (name === 'cd' && target !== undefined && !target.includes(HOLE)) directory = target
  }
  return null
}

function withoutAssignments(words: readonly string[]): readonly string[] {
  let start = 0
  while (ASSIGNMENT.test(words[start] ?? '')) start += 1
  if (words[start] === 'command') start += 1
  else if (words[start] === 'exec') {
    start += 1
    // exec [-cl] [-a NAME]: another argv[0], an empty environment (bash(1))
    for (; /^-[acl]+$/.test(words[start] ?? ''); start += 1)
      if (words[start]?.endsWith('a')) start += 1
  }
  return words.slice(start)
}

interface SimpleCommand {
  readonly words: readonly string[]
  /** What other programs print is among its words. */
  readonly substituted: boolean
  readonly usesFurther: boolean
}

/** State of the tokenizer: finished commands, the words of the present one, the present word. */
interface Scan {
  readonly commands: SimpleCommand[]
  words: string[]
  word: string | null
  substituted: boolean
  usesFurther: boolean
  /** The next word is the target of a redirection. */
  redirect: boolean
}

function endWord(scan: Scan): void {
  if (scan.word === null) return
  if (scan.redirect) scan.redirect = false
  else scan.words.push(scan.word)
  scan.word = null
}

function endCommand(scan: Scan): void {
  endWord(scan)
  const { words, substituted, usesFurther } = scan
  if (words.length > 0) scan.commands.push({ words, substituted, usesFurther })
  scan.words = []
  scan.substituted = false
  scan.usesFurther = false
}

function tokenize(text: string, further: readonly string[]): SimpleCommand[] | null {
  const scan: Scan = {
    commands: [],
    words: [],
    word: null,
    substituted: false,
    usesFurther: false,
    redirect: false,
  }
  let at = 0
  while (at < text.length) {
    const next = step(scan, text, at, further)
    if (next === null) return null
    at = next
  }
  endCommand(scan)
  return scan.redirect ? null : scan.commands
}

/** Takes one lexical element at `at`; the index after it, or null for what is not a simple command. */
function step(scan: Scan, text: string, at: number, further: readonly string[]): number | null {
  const char = text.charAt(at)
  switch (char) {
    case ' ':
    case '\t':
      endWord(scan)
      return at + 1
    case ';':
    case '\n':
      endCommand(scan)
      return at + 1
    case '&':
      if (text.charAt(at + 1) !== '&') return null
      endCommand(scan)
      return at + 2
    case '<':
    case '>':
      return redirection(scan, text, at)
    case "'": {
      const end = text.indexOf("'", at + 1)
      if (end < 0) return null
      scan.word = (scan.word ?? '') + text.slice(at + 1, end)
      return end + 1
    }
    case '"':
      return doubleQuoted(scan, text, at, further)
    case '$':
      return text.startsWith('$@', at)
        ? allFurther(scan, further, at + 2)
        : variable(scan, text, at, further)
    case '\\':
      scan.word = (scan.word ?? '') + text.charAt(at + 1)
      return at + 2
    case '|':
    case '(':
    case ')':
    case '`':
      return null
    case '~':
      scan.word = scan.word === null ? HOLE : scan.word + char
      return at + 1
    default:
      scan.word = (scan.word ?? '') + char
      return at + 1
  }
}

function redirection(scan: Scan, text: string, at: number): number | null {
  if (scan.word !== null && /^\d+$/.test(scan.word)) scan.word = null
  endWord(scan)
  let next = at + 1
  if (text.charAt(next) === text.charAt(at)) next += 1
  if (text.charAt(at) === '<' && next > at + 1) return null
  if (text.charAt(next) === '&') next += 1
  scan.redirect = true
  return next
}

function doubleQuoted(
  scan: Scan,
  text: string,
  at: number,
  further: readonly string[],
): number | null {
  if (text.startsWith('"$@"', at)) return allFurther(scan, further, at + 4)
  scan.word ??= ''
  let index = at + 1
  while (index < text.length) {
    const char = text.charAt(index)
    if (char === '"') return index + 1
    if (char === '`') return null
    if (char === '$') {
      const next = variable(scan, text, index, further)
      if (next === null) return null
      index = next
    } else if (char === '\\' && '"\\$`'.includes(text.charAt(index + 1))) {
      scan.word += text.charAt(index + 1)
      index += 2
    } else {
      scan.word += char
      index += 1
    }
  }
  return null
}

function allFurther(scan: Scan, further: readonly string[], end: number): number {
  endWord(scan)
  scan.words.push(...further.slice(1))
  scan.usesFurther = true
  return end
}

const VARIABLE = /\$(?:\{[^}`]*\}|[A-Za-z_]\w*|[0-9@*#?!$-]|\([\w \t./:=@,+-]*\))/y

function variable(scan: Scan, text: string, at: number, further: readonly string[]): number | null {
  if (text.charAt(at + 1) === "'") return null
  VARIABLE.lastIndex = at
  const found = VARIABLE.exec(text)?.[0]
  if (text.charAt(at + 1) === '(') {
    if (found === undefined) return null
    scan.substituted = true
  }
  const word = scan.word ?? ''
  const given = further[Number(/^\$\{?(\d)\}?$/.exec(found ?? '')?.[1] ?? Number.NaN)]
  if (given !== undefined) {
    scan.word = word + given
    scan.usesFurther = true
    return at + (found?.length ?? 1)
  }
  // one HOLE for a run of variables: two mean something else, see daemon/match/pattern.ts
  const known = found === undefined ? '$' : word.endsWith(HOLE) ? '' : HOLE
  scan.word = word + known
  return at + (found?.length ?? 1)
}
