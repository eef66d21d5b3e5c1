/** Splits a command line into words the way sh(1) would, without expanding anything. Total: an open quote ends with the text. */

const OPERATORS = new Set(['&&', '||', ';', '|', '&', '\n'])

interface Token {
  readonly text: string
  readonly operator: boolean
}

/** The words of `text`; operators come out as words of their own. */
export function splitWords(text: string): string[] {
  return tokens(text).map((token) => token.text)
}

/** The simple commands of a shell program, each as its words. */
export function splitCommands(program: string): string[][] {
  const commands: string[][] = [[]]
  for (const token of tokens(program)) {
    if (token.operator) commands.push([])
    else commands.at(-1)?.push(token.text)
  }
  return commands.filter((words) => words.length > 0)
}

function tokens(text: string): Token[] {
  const found: Token[] = []
  let index = 0
  while (index < text.length) {
    const operator = operatorAt(text, index)
    if (operator !== null) {
      found.push({ text: operator, operator: true })
      index += operator.length
    } else if (/\s/.test(text[index] ?? '')) {
      index += 1
    } else {
      const [word, end] = wordAt(text, index)
      found.push({ text: word, operator: false })
      index = end
    }
  }
  return found
}

function operatorAt(text: string, index: number): string | null {
  const two = text.slice(index, index + 2)
  if (OPERATORS.has(two)) return two
  const one = text[index] ?? ''
  return OPERATORS.has(one) ? one : null
}

function wordAt(text: string, start: number): [word: string, end: number] {
  const parts: string[] = []
  let quote = ''
  let index = start
  for (; index < text.length; index += 1) {
    const char = text[index] ?? ''
    if (quote === '' && (/\s/.test(char) || operatorAt(text, index) !== null)) break
    if (char === quote) quote = ''
    else if (quote === '' && (char === '"' || char === "'")) quote = char
    else if (char === '\\' && quote !== "'" && index + 1 < text.length) {
      index += 1
      parts.push(text[index] ?? '')
    } else parts.push(char)
  }
  return [parts.join(''), index]
}
