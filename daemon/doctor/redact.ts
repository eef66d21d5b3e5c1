/** Takes out of an answer what tells who its user is. Pure. */

export interface Person {
  /** Home folders, the one watched and the one of this process. */
  readonly homes: readonly string[]
  readonly names: readonly string[]
  readonly hostname: string | null
}

/** Told of nobody: half of the machines have them. */
const EVERYBODY = new Set(['root', 'user', 'localhost', 'home', 'admin', 'dev', 'usr', 'tmp'])

/** The same value with home folders as `~`, user names as `<user>` and the machine's name as `<host>`, in keys too. */
export function redact<T>(value: T, person: Person): T {
  return deep(value, replacer(person)) as T
}

function replacer({ homes, names, hostname }: Person): (text: string) => string {
  const steps: [RegExp, string][] = []
  // Longest first: one home may lie within the other.
  for (const home of [...new Set(homes)].sort((a, b) => b.length - a.length)) {
    if (home.length > 1) steps.push([new RegExp(`${quoted(home)}(?![\\w.-])`, 'g'), '~'])
  }
  // Other people's homes, and one's own by another path.
  steps.push([/\/(home|Users)\/[^/\s:]+/g, '/$1/<user>'])
  for (const name of new Set(names)) {
    if (name !== '' && !EVERYBODY.has(name.toLowerCase())) steps.push([word(name), '<user>'])
  }
  const host = hostname ?? ''
  if (host !== '' && !EVERYBODY.has(host.toLowerCase())) steps.push([word(host), '<host>'])
  return (text) => steps.reduce((left, [pattern, stand]) => left.replace(pattern, stand), text)
}

/** Short names stand in other words; as a part of a path they are names all the same. */
function word(name: string): RegExp {
  const edge = name.length < 3 ? '/' : '[^A-Za-z0-9]'
  return new RegExp(`(?<=^|${edge})${quoted(name)}(?=$|${edge})`, 'gi')
}

function quoted(text: string): string {
  return text.replace(/[.*+?^${}()|[\]\\/]/g, '\\$&')
}

function deep(value: unknown, clean: (text: string) => string): unknown {
  if (typeof value === 'string') return clean(value)
  if (Array.isArray(value)) return value.map((each) => deep(each, clean))
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value).map(([key, each]) => [clean(key), deep(each, clean)]),
  )
}
